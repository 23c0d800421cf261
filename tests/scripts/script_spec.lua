-- Scripts as files: what there is, what is in use, writing them, trying them against their tests and their contract.
local kalito = require "kalito"
local catalog = require "kalito.policy.catalog"
local contract = require "kalito.policy.contract"
local differences = require "kalito.policy.differences"
local manual = require "kalito.policy.manual"
local script = require "kalito.script"
local template = require "kalito.policy.template"
local trial = require "kalito.policy.trial"
local trials = require "kalito.policy.trials"
local writing = require "kalito.policy.writing"
local homes = dofile "tests/fixtures/home.lua"

local home
before_each(function() home = homes.new() end)
after_each(function() home:close() end)

local function state_of(name)
  for _, row in ipairs(catalog.list()) do
    if row.name == name then return row.state, row end
  end
end

describe("the list of scripts", function()
  it("has every kind of policy, all of them well", function()
    local rows = catalog.list "policies"
    assert.are.equal(#contract.names(), #rows)
    for _, row in ipairs(catalog.list()) do assert.are.equal("ok", row.state, row.name) end
  end)

  it("says where a script comes from and what it overrides", function()
    local path = home:config("policies/score.lua", "return { score = function() return 0 end }")
    local _, row = state_of "policies/score"
    assert.are.same({ "config", path, { "shipped" } }, { row.origin, row.path, { table.unpack(row.overrides) } })
    home:config("policies/score.lua", kalito.embedded "policies/score")
    _, row = state_of "policies/score"
    assert.are.same({ "shipped", {} }, { row.origin, { table.unpack(row.overrides) } })
  end)

  it("says what is broken, with file and line", function()
    local files = {
      ["policies/score"] = "return {\n  = }", ["personas/mine"] = "return {\n\n  x }}",
      ["providers/mine"] = "local x = nil\nx()", ["commands/mine"] = "return {} }", ["commands/empty"] = "return {}",
    }
    local lines = { ["policies/score"] = 2, ["personas/mine"] = 3, ["providers/mine"] = 2, ["commands/mine"] = 1,
      ["commands/empty"] = 1 }
    for name, text in pairs(files) do
      local path = home:config(name .. ".lua", text)
      local said = state_of(name)
      local start = "broken: " .. path .. ":" .. lines[name] .. ":"
      assert.are.equal(start, said:sub(1, #start))
    end
  end)

  it("knows files that nobody asks, and settings that do not fit", function()
    home:config("policies/scores.lua", "return {}")
    assert.are.equal("unused: no kind of policy is called so (did you mean score?)", (state_of "policies/scores"))
    local path = home:config("config.lua", "return {\n policies = { score = { usr = 1 } } }")
    kalito.policy.reload()
    local said = state_of "policies/score"
    assert.are.equal("settings: " .. path .. ":2: unknown option 'usr' (did you mean 'user'?)", said)
  end)

  it("runs a stranger's persona or provider in the jail only", function()
    home:config("personas/mine.lua", "os.remove('x') return {}")
    assert.is_truthy(state_of("personas/mine"):find "^broken: .*mine.lua:1: .*global 'os'")
  end)
end)

describe("the search for a script", function()
  it("names every place in order, and the one that wins", function()
    local path = home:config("policies/score.lua", "return {}")
    home.environment.KALITO_PATH = home.path .. "/other"
    local rows = catalog.search "policies/score"
    local origins = {}
    for i, row in ipairs(rows) do
      origins[i] = row.origin
      assert.are.equal(row.path == path, row.used)
    end
    assert.are.same({ "$KALITO_PATH", "config", "installed", "shipped" }, origins)
    assert.is_true(rows[4].found)
  end)

  it("understands the short name, and hints at the nearest", function()
    assert.are.equal("policies/score", catalog.resolve "score")
    assert.are.equal("personas/coder", catalog.resolve "personas/coder")
    local name, message, code = catalog.resolve "scoer"
    assert.is_nil(name)
    assert.are.equal("not_found", code)
    assert.is_truthy(message:find "did you mean 'score'")
  end)
end)

describe("a shipped file", function()
  it("is named by the hash of its text, and runs as that says, compiled or not", function()
    for _, name in ipairs(kalito.embedded_names()) do
      local source = kalito.embedded(name)
      assert.are.equal(source and kalito.hash(source), kalito.embedded_hash(name))
      if source and not name:find "^meta/" then
        local chunk = string.dump(load(source, "@kalito/" .. name .. ".lua"))
        assert.are.equal(chunk, string.dump(kalito.embedded_load(name, {})), name)
      end
    end
    assert.is_nil(kalito.embedded_hash "lib/script")
    assert.is_nil(kalito.embedded_load("policies/none", {}))
  end)

  it("sees the globals it is given", function()
    assert.has_error(function() kalito.embedded_load("policies/score", {})() end)
    assert.are.equal("score", kalito.embedded_load("policies/score", { kalito = kalito, require = require,
      ipairs = ipairs, pairs = pairs, setmetatable = setmetatable, table = table, math = math })().name)
  end)
end)

describe("writing a script", function()
  local function all_passed(path)
    for _, result in ipairs(assert(trials.all(path))) do
      for _, test in ipairs(result.tests) do assert.are.same({}, { table.unpack(test.problems) }, test.name) end
    end
  end

  for _, kind in ipairs(contract.names()) do
    it("copies the shipped " .. kind .. " policy, which does the same in the jail", function()
      local path = assert(writing.new(kind))
      assert.are.equal(home.path .. "/.config/kalito/policies/" .. kind .. ".lua", path)
      assert.is_truthy(kalito.policy.get(kind).jail)
      assert.are.equal(path, kalito.policy.get(kind).path)
      all_passed(path)
      assert.are.same({}, home.reports)
    end)

    it("builds on the shipped " .. kind .. " policy when asked to", function()
      local path = assert(writing.new(kind, nil, true))
      assert.is_true(#script.read(path) < 3000)
      all_passed(path)
    end)
  end

  for _, kind in ipairs { "persona", "provider", "command" } do
    it("begins a " .. kind .. " that loads", function()
      local path = assert(writing.new(kind, "mine"))
      assert.are.equal("ok", (state_of(manual.folder(kind) .. "/mine")))
      assert.is_nil(script.read(path):find("NAME", 1, true))
    end)
  end

  it("copies a shipped persona that it is named after", function()
    local path = assert(writing.new("persona", "coder"))
    assert.are.equal(kalito.embedded "personas/coder", script.read(path))
  end)

  it("never overwrites", function()
    local path = home:config("policies/score.lua", "mine")
    local made, message, code = writing.new "score"
    assert.is_nil(made)
    assert.are.equal("exists", code)
    assert.are.equal(path .. " is there already", message)
    assert.are.equal("mine", script.read(path))
  end)

  it("makes folders for the user alone, and tells the editor where the stubs are", function()
    writing.new "score"
    for _, folder in ipairs { ".config", ".config/kalito", ".config/kalito/policies" } do
      assert.are.equal(tonumber("700", 8), kalito.system.stat(home.path .. "/" .. folder).mode)
    end
    local luarc = kalito.json.decode(script.read(home.path .. "/.config/kalito/.luarc.json"))
    local library = luarc["workspace" .. "." .. "library"][1]
    assert.are.same({ "kalito" }, { table.unpack(luarc["diagnostics.globals"]) })
    if library:sub(1, 1) ~= "/" then library = home.path .. "/.config/kalito/" .. library end
    assert.is_truthy(script.read(library .. "/kalito.lua"):find("---@meta", 1, true))
  end)

  it("leaves the editor's settings alone when there are some", function()
    home:config(".luarc.json", "{}")
    writing.new "score"
    assert.are.equal("{}", script.read(home.path .. "/.config/kalito/.luarc.json"))
  end)

  it("refuses what it cannot name", function()
    for _, words in ipairs { { "scoer" }, { "score", "mine" }, { "persona" }, { "persona", "../x" },
      { "command", "a b" }, { "persona", "x", true } } do
      local path, message, code = writing.new(table.unpack(words))
      assert.is_nil(path)
      assert.are.equal("usage", code)
      assert.is_truthy(message)
    end
  end)
end)

-- The problems that trying a policy of a kind finds, by the name of the test.
local function problems_of(kind, source)
  local path = home:config("trial.lua", source)
  local found = {}
  for _, test in ipairs(trial.run(kind, script.file(path, "policies/" .. kind)).tests) do
    if not test.ok then found[test.name] = table.concat(test.problems, "; ") end
  end
  return found, path
end

local function score_problems(body, tests)
  local source = "local n = 0 return { defaults = { bonus = 0.1 }, score = function(m, ctx) %s end, tests = %s }"
  return problems_of("score", source:format(body, tests or "{}"))
end

describe("trying a policy", function()
  it("finds nothing wrong with one that does what it says", function()
    assert.are.same({}, score_problems("return ctx.options.bonus, { { 'mine', 1 } }", [[{
      { name = "a", given = { message = { role = "user", text = "x" } },
        expect = { score = 0.1, reasons = { "mine" } } },
      { name = "b", given = { message = { role = "user", text = "x" }, options = { bonus = 0.7 } },
        expect = { score = { min = 0.7 } } } }]]))
  end)

  it("says readably what a carried test expected and what came", function()
    local found = score_problems("return 0.5, { { 'mine', 1 }, { 'more', 2 } }", [[{
      { name = "number", given = { message = { text = "x" } }, expect = { score = 0.1 } },
      { name = "names", given = { message = { text = "x" } }, expect = { reasons = { "other" } } },
      { name = "option", given = { message = { text = "x" }, options = { bonsu = 1 } }, expect = {} },
      { name = "nothing", given = {} } }]])
    assert.are.equal("score: expected 0.1, got 0.5", found.number)
    assert.are.equal('reasons: expected 1, got 2: mine, more; reasons[1]: expected "other", got "mine"', found.names)
    assert.are.equal("option 'bonsu' is none of the defaults", found.option)
    assert.is_truthy(found.nothing)
  end)

  it("finds what raises, with file and line", function()
    local found, path = score_problems("if #m.text == 0 then\nerror 'no text' end return #m.text < 2 and m.x.y or 0")
    assert.is_truthy(found["contract: score: one letter (user)"]:find(path .. ":2: ", 1, true))
  end)

  it("finds wrong types and ranges", function()
    assert.is_truthy(score_problems("return 'high'")["contract: score: emoji (user)"]:find "must be a number")
    assert.is_truthy(score_problems("return #m.text")["contract: score: code (user)"]:find "must be between 0 and 1")
    assert.is_truthy(problems_of("retain", "return { decide = function() return 'destroy' end }")
      ["contract: decide: saved, used 2019"]:find "keep, archive or delete")
  end)

  it("finds another answer to the same input", function()
    local found = score_problems("n = n + 0.001 return n")
    assert.is_truthy(found["contract: score: emoji (user)"]:find "not the same the second time: score: expected")
  end)

  it("finds changes of the input, also deep inside, also of the options", function()
    local name = "contract: score: emoji (user)"
    assert.are.equal("score changes its input: argument.1.seen",
      (score_problems("m.seen = true return 0.5")[name]:gsub("^.*trial.lua: ", "")))
    assert.is_truthy(score_problems("ctx.options.bonus = 1 return 0.5")[name]:find "argument.2.options.bonus$")
    assert.is_truthy(score_problems("m.text = nil return 0.5")[name]:find "argument.1.text$")
  end)

  it("finds changes of the input in the program, too", function()
    local shipped = trial.run("score", script.find "policies/score")
    assert.are.equal(0, shipped.failed)
  end)

  it("stops loops, and leaves the rule in use without a strike", function()
    local found, path = score_problems("while true do end")
    assert.is_truthy(found["contract: score: emoji (user)"]:find "trial.lua")
    assert.is_truthy(kalito.policy.load("score", script.file(path, "policies/score")))
  end)

  it("says why a file does not load", function()
    local found, path = problems_of("score", "return {\n = 1 }")
    assert.are.equal(path .. ":2: ", found["it loads"]:sub(1, #path + 4))
    assert.is_truthy(problems_of("score", "return { tests = { { given = function() end } } }")["it loads"])
  end)

  it("does not mind what the tests are", function()
    for _, tests in ipairs { "5", "{ 5 }", "{ {} }", "{ { given = 5 } }", "{ { name = {}, given = { message = 5 } } }",
      "{ { given = { message = { text = 'x' } }, expect = 5 } }" } do
      local ok, found = pcall(score_problems, "return 0.5", tests)
      assert.is_true(ok, tests .. ": " .. tostring(found))
      assert.is_true(next(found) ~= nil, tests)
    end
  end)

  it("knows the kind of a file by its name or its functions", function()
    local path = home:config("policies/retain.lua", "return { decide = function() return 'keep' end }")
    assert.are.equal("policies/retain", assert(trials.all(path))[1].name)
    path = home:config("mine.lua", "return { plan = function() return {} end }")
    assert.are.equal("policies/context", assert(trials.all(path))[1].name)
    path = home:config("none.lua", "return { dance = function() return {} end }")
    local results, message = trials.all(path)
    assert.is_nil(results)
    assert.is_truthy(message:find "no function of any kind")
  end)

  it("tries all that are in use", function()
    home:config("personas/mine.lua", "return {")
    local results, failed = assert(trials.all()), {}
    for _, result in ipairs(results) do
      if result.failed > 0 then failed[#failed + 1] = result.name end
    end
    assert.are.same({ "personas/mine" }, failed)
    assert.is_true(#results >= 20)
  end)
end)

describe("differences", function()
  it("compare only what is named", function()
    assert.are.same({}, differences({ a = 1, b = { c = "x" } }, { a = 1, b = { c = "x", d = 5 }, e = 6 }))
    assert.are.same({ "b.c: expected 5, got nil" }, differences({ b = { c = 5 } }, { b = {} }))
    assert.are.same({ "a[1]: expected 1, got 2" }, differences({ a = { 1 } }, { a = { 2, 3 } }))
  end)

  it("understand conditions on texts and numbers", function()
    assert.are.same({}, differences({ a = { contains = { "x", "y" }, lacks = "z" }, n = { min = 1, max = 2 } },
      { a = "xy", n = 1.5 }))
    assert.are.same({ 'a: expected contains "z", got "xy"', "n: expected max 1, got 2" },
      differences({ a = { contains = "z" }, n = { max = 1 } }, { a = "xy", n = 2 }))
    assert.are.equal(1, #differences({ a = { like = "z" } }, { a = "xy" }))
    assert.are.equal(1, #differences({ a = { min = 1 } }, { a = "xy" }))
  end)

  it("take a sum of floats for what it should be", function()
    assert.are.same({}, differences({ a = 0.3 }, { a = 0.1 + 0.2 }))
  end)
end)

describe("the manual", function()
  it("has a text for every kind, with all functions and options", function()
    for _, kind in ipairs(contract.names()) do
      local text = manual.text(kind)
      for name in pairs(contract.kinds[kind].functions) do assert.is_truthy(text:find(name .. "(", 1, true), name) end
      for name in pairs(script.builtin("policies/" .. kind).defaults) do
        assert.is_truthy(text:find("\n  " .. name .. " ", 1, true), kind .. " " .. name)
      end
    end
    for _, word in ipairs { "persona", "provider", "command" } do assert.is_truthy(manual.text(word)) end
    assert.is_nil(manual.text "nonsense")
  end)

  it("shows examples that compile", function()
    for _, word in ipairs(manual.names()) do
      assert(load(contract.kinds[word] and template.extend(word) or template.blank(manual.folder(word), "x")))
    end
  end)
end)
