-- Which policy answers, and that a broken one costs neither a message nor more than one line of complaint.
local kalito = require "kalito"
local policy = require "kalito.policy"
local script = require "kalito.script"
local catalog = require "kalito.policy.catalog"
local homes = dofile "tests/fixtures/home.lua"

local home
before_each(function() home = homes.new() end)
after_each(function() home:close() end)

local function score_file(body)
  return home:config("policies/score.lua", "return { score = function(message, ctx) " .. body .. " end }\n")
end

describe("a policy", function()
  it("is the shipped one where there is no file, and runs in the program", function()
    local used = policy.get "score"
    assert.is_true(used.shipped)
    assert.is_nil(used.jail)
    assert.are.same({}, home.reports)
  end)

  it("is the user's file where there is one, and runs in the jail", function()
    local path = score_file "return 0.25, { { 'mine', 0.25 } }"
    local used = policy.get "score"
    assert.are.equal(path, used.path)
    assert.is_truthy(used.jail)
    local row = assert(home:chat():add("user", "Hello"))
    assert.are.equal(0.25, row.importance_score)
    assert.are.equal('[["mine",0.25]]', row.score_reasons)
  end)

  it("is trusted only when every byte is the shipped one's", function()
    local source = kalito.embedded "policies/score"
    home:config("policies/score.lua", source)
    assert.is_true(policy.get("score").shipped)
    assert.is_nil(policy.get("score").jail)
    home:config("policies/score.lua", source .. " ")
    policy.use("score", nil)
    assert.is_nil(policy.get("score").shipped)
    assert.is_truthy(policy.get("score").jail)
  end)

  it("is looked for in --scripts, $KALITO_PATH, the configuration folder, in this order", function()
    score_file "return 0.1"
    assert.are.equal(0.1, (policy.call("score", "score", {}, { role = "user", text = "Hi" })))
    for i, name in ipairs { "b", "a" } do
      home:write(name .. "/policies/score.lua", ("return { score = function() return 0.%d end }"):format(i + 1))
    end
    home.environment.KALITO_PATH = home.path .. "/a:" .. home.path .. "/b"
    policy.use("score", nil)
    assert.are.equal(0.3, (policy.call("score", "score", {}, { role = "user", text = "Hi" })))
    script.use_folder(home.path .. "/b")
    policy.use("score", nil)
    assert.are.equal(0.2, (policy.call("score", "score", {}, { role = "user", text = "Hi" })))
  end)

  it("may build on the shipped one, whose functions stand where it has none", function()
    home:config("policies/score.lua", [[
local shipped = kalito.script.builtin("policies/score")
return { defaults = shipped.defaults, score = function(message, ctx)
  local number, reasons = shipped.score(message, ctx)
  return number / 2, reasons
end }]])
    assert.are.equal(0.4, (policy.call("score", "score", {}, { role = "user", text = "Where is it?" })))
    local number = policy.call("score", "update", {}, { role = "user", text = "x", importance_score = 0.5 }, "pinned")
    assert.are.equal(0.7, number)
    assert.are.same({}, home.reports)
  end)

  it("gets its defaults with the user's options over them, by one start of the worker", function()
    home:config("policies/score.lua", [[return { defaults = { a = 0.1, b = 0.2, words = { "x" } },
      score = function(m, ctx) return ctx.options.a + ctx.options.b, { { ctx.options.words[1], 1 } } end }]])
    home:config("config.lua", "return { policies = { score = { b = 0.5, words = { 'y', 'z' } } } }")
    policy.reload()
    local number, reasons = policy.call("score", "score", {}, { role = "user", text = "Hi" })
    assert.are.equal(0.6, number)
    assert.are.same({ { "y", 1 } }, reasons)
    assert.are.equal(1, home.starts)
  end)

  it("keeps its defaults, and the user is told, where the settings do not fit", function()
    home:config("policies/score.lua", [[return { defaults = { bonus = 0.1 },
      score = function(m, ctx) return ctx.options.bonus end }]])
    local config = home:config("config.lua", "return {\n  policies = {\n    score = {\n      bonis = 0.5 } } }")
    policy.reload()
    for _ = 1, 3 do assert.are.equal(0.1, (policy.call("score", "score", {}, { role = "user", text = "Hi" }))) end
    assert.are.same({ config .. ":4: unknown option 'bonis' (did you mean 'bonus'?): the defaults are used" },
      home.reports)
  end)

  it("survives settings that cannot be passed to the jail", function()
    home:config("policies/score.lua", [[return { defaults = { bonus = 0.1, list = {} },
      score = function(m, ctx) return ctx.options.bonus end }]])
    home:config("config.lua", "return { policies = { score = { bonus = function() end } } }")
    policy.reload()
    assert.are.equal(0.1, (policy.call("score", "score", {}, { role = "user", text = "Hi" })))
    assert.are.equal(1, #home.reports)
  end)

  it("answers with its own options when the user's make it raise", function()
    home:config("config.lua", "return { policies = { score = { question_starts = { ' ' } } } }")
    policy.reload()
    local row = assert(home:chat():add("user", "how do I get there"))
    assert.are.equal(0.8, row.importance_score)
    assert.are.equal(1, #home.reports)
    assert.is_truthy(home.reports[1]:find "its own options are used")
  end)

  it("takes options that the caller overrides", function()
    local row = { saved = false, updated_at = "2025-03-01T00:00:00.000Z" }
    local ctx = { now = "2025-03-11T00:00:00.000Z" }
    assert.are.equal("keep", (policy.call("retain", "decide", ctx, row)))
    ctx.override = { days = 7 }
    assert.are.equal("delete", (policy.call("retain", "decide", ctx, row)))
    ctx.override = nil
    assert.are.equal("keep", (policy.call("retain", "decide", ctx, row)))
    home:config("policies/retain.lua", [[return { defaults = { days = 30 },
      decide = function(s, ctx) return "keep", tostring(ctx.options.days) end }]])
    policy.use("retain", nil)
    assert.are.equal("7", select(2, policy.call("retain", "decide", { now = ctx.now, override = { days = 7 } }, row)))
    assert.are.equal("30", select(2, policy.call("retain", "decide", ctx, row)))
  end)
end)

-- What a policy file may be, what a message must say of it.
local broken = {
  ["does not compile"] = { "return {\n  score = = 1 }", ":2: " },
  ["raises when it loads"] = { "local t = nil\nreturn t.x", ":2: " },
  ["loops when it loads"] = { "while true do end", ":1: " },
  ["returns no table"] = { "return 5", "score.lua" },
  ["is too large"] = { "return {} --" .. ("x"):rep(70000), "score.lua" },
  ["takes all memory when it loads"] = { "local s = ('x'):rep(1000)\nwhile true do s = s .. s end", "memory" },
  ["has a name that is no text"] = { "return { name = {}, score = function() return 1 end }", "score.lua" },
  ["raises"] = { "return {\n score = function(m) error('no: ' .. m.text) end }", ":2: no: one" },
  ["raises a table"] = { "return { score = function(m) error {} end }", "score.lua" },
  ["indexes nil"] = { "return { score = function(m)\n\n return m.meta.x end }", ":3: " },
  ["loops"] = { "return { score = function(m)\n while true do end end }", ":2: " },
  ["hangs in one pattern"] = {
    "return { score = function(m) return #(('a'):rep(30)):match(('a*'):rep(30) .. 'b') end }", "score.lua" },
  ["takes all memory"] = { "return { score = function(m) local t = {} while true do t[#t + 1] = {} end end }",
    "memory" },
  ["returns nothing"] = { "return { score = function(m) end }", ":1: score: the score must be a number, not nil" },
  ["returns a text"] = { "return {\n\n score = function(m) return 'high' end }", ":3: score: " },
  ["returns what is not a number"] = { "return { score = function(m) return 0/0 end }", "score.lua" },
  ["returns too much"] = { "return { score = function(m) return 7 end }",
    ":1: score: the score must be between 0 and 1, not 7" },
  ["returns a huge text"] = { "return { score = function(m) return ('x'):rep(5000000) end }", "score.lua" },
  ["returns a huge list"] = { "return { score = function(m) local t = {} for i = 1, 1e5 do t[i] = i end return t end }",
    "score.lua" },
}

describe("a scoring file that", function()
  for name, case in pairs(broken) do
    it(name .. " loses no message, is reported once with its place, and the shipped rule scores", function()
      local path = home:config("policies/score.lua", case[1])
      local chat = home:chat()
      for _, text in ipairs { "one", "two?", "three" } do assert(chat:add("user", text)) end
      local scores = {}
      for row in home.db.message.each { session = chat.id } do scores[#scores + 1] = row.importance_score end
      assert.are.same({ 0.6, 0.8, 0.6 }, scores)
      assert.are.equal(1, #home.reports)
      assert.are.equal(path, home.reports[1]:sub(1, #path))
      assert.is_truthy(home.reports[1]:find(case[2], 1, true), home.reports[1])
      assert.is_truthy(home.reports[1]:find("the shipped score policy is used", 1, true))
    end)
  end

  it("fails on some messages scores the others, also many at once", function()
    score_file "if message.text == 'two' then error 'no' end return 0.1"
    local rows = {}
    for i, text in ipairs { "one", "two", "three" } do rows[i] = { role = "user", text = text } end
    local answers = policy.scores(rows, { now = "2025-01-01T00:00:00.000Z" })
    assert.are.same({ 0.1, 0.6, 0.1 }, { answers[1].score, answers[2].score, answers[3].score })
    assert.are.equal(1, #home.reports)
  end)

  it("is told the session and the time, one message or many", function()
    score_file "return ctx.session == 's' and ctx.now == 'n' and 0.5 or 0"
    local row = { role = "user", text = "one" }
    assert.are.equal(0.5, (policy.call("score", "score", { session = "s", now = "n" }, row)))
    assert.are.equal(0.5, policy.scores({ row }, { session = "s", now = "n" })[1].score)
  end)

  it("loops twice is out for this run, and the list of scripts says so", function()
    score_file "while true do end"
    local chat = home:chat()
    for _ = 1, 3 do assert(chat:add("user", "one")) end
    assert.is_truthy(catalog.state(script.find "policies/score"):find "^quarantined: .*score%.lua")
    score_file "return 0.5"
    assert.is_true(policy.reload())
    assert.are.equal(0.5, chat:add("user", "one").importance_score)
  end)
end)

local message = { role = "user", text = "We decided on Oslo.", created_at = "2025-01-01T00:00:00.000Z" }
local calls = {
  { "pin", "suggest", { message }, { "5", "{ 5 }", "{ { content = 'x' } }", "{ { content = '\\xff', importance = 1 } }",
    "{ { content = ('x'):rep(5000), importance = 1 } }", "{ { content = 'x', importance = 2 } }" } },
  { "summarize", "due", { { live_messages = 1, live_tokens = 1, list = {} } },
    { "5", "{}", "{ first = 1.5, last = 2 }" } },
  { "summarize", "prompt", { { message } }, { "nil", "5", "{ {} }", "{ { role = 'x', content = 'y' } }" } },
  { "summarize", "accept", { "x", { message } }, { "nil", "1", "'yes'" } },
  { "summarize", "extract", { { message } }, { "nil", "5", "'\\xff'" } },
  { "summarize", "importance", { "x", { message } }, { "nil", "-1", "'1'" } },
  { "recall", "adjust", { { { id = 1, score = 1 } }, "x" }, { "nil", "5", "{ 5 }", "{ { id = 1 } }",
    "{ { id = 1.5, score = 1 } }" } },
  { "retain", "decide", { { saved = true } }, { "nil", "5", "'destroy'", "true" } },
  { "context", "plan", {}, { "nil", "5", "'all'" } },
}

describe("a file of another kind", function()
  for _, case in ipairs(calls) do
    local kind, name, arguments, answers = table.unpack(case)
    it("kind " .. kind .. ": nonsense from " .. name .. " is replaced by the shipped answer", function()
      local function ask()
        return (policy.call(kind, name, { now = "2025-01-01T00:00:00.000Z", limit = 100 }, table.unpack(arguments)))
      end
      local expected = ask()
      for _, answer in ipairs(answers) do
        home:config("policies/" .. kind .. ".lua", ("return { %s = function() return %s end }"):format(name, answer))
        policy.use(kind, nil)
        home.reports = {}
        assert.are.same(expected, ask())
        assert.are.equal(1, #home.reports, answer)
        assert.is_truthy(home.reports[1]:find("/policies/" .. kind .. ".lua:1: ", 1, true)
          or home.reports[1]:find("/policies/" .. kind .. ".lua: ", 1, true), home.reports[1])
      end
    end)
  end

  it("plans a context of anything, and the context is built", function()
    for _, plan in ipairs { "{ pin = 5, recent = { limit = 'x' } }", "{ block = -1, recalled = { limit = 1e300 } }",
      "{ [1] = {}, unknown = true }", "{ recent = { limit = 0 / 1, share = -5 } }" } do
      home:config("policies/context.lua", "return { plan = function() return " .. plan .. " end }")
      policy.use("context", nil)
      local chat = home:chat()
      chat:add("user", "Where did we park?")
      assert.is_truthy(chat:context { budget = 500, query = "park" })
    end
  end)
end)

describe("reload", function()
  it("takes a replaced file and changed settings", function()
    score_file "return 0.1"
    local chat = home:chat()
    assert.are.equal(0.1, chat:add("user", "one").importance_score)
    score_file "return 0.2"
    assert.are.equal(0.1, chat:add("user", "two").importance_score)
    assert.is_true(policy.reload())
    assert.are.equal(0.2, chat:add("user", "three").importance_score)
    os.remove(home.path .. "/.config/kalito/policies/score.lua")
    assert.is_true(policy.reload())
    assert.are.equal(0.6, chat:add("user", "four").importance_score)
    home:config("config.lua", "return { policies = { score = { user = 0.9 } } }")
    assert.is_true(policy.reload())
    assert.are.equal(0.9, chat:add("user", "five").importance_score)
  end)

  it("keeps the file that works when the new one does not load", function()
    local path = score_file "return 0.1"
    local chat = home:chat()
    chat:add("user", "one")
    home:config("policies/score.lua", "return {")
    assert.is_false(policy.reload())
    assert.are.equal(0.1, chat:add("user", "two").importance_score)
    assert.are.equal(1, #home.reports)
    assert.is_truthy(home.reports[1]:find(path .. ":1: ", 1, true))
    assert.is_truthy(home.reports[1]:find("stays as it was", 1, true))
  end)

  it("keeps the settings that work when the new ones do not", function()
    home:config("config.lua", "return { policies = { score = { user = 0.9 } } }")
    policy.reload()
    local chat = home:chat()
    chat:add("user", "one")
    home:config("config.lua", "return { policies = { score = { usr = 0.9 } } }")
    assert.is_false(policy.reload())
    assert.are.equal(0.9, chat:add("user", "two").importance_score)
  end)

  it("closes what it replaces: no worker is left", function()
    local function workers()
      local pipe <close> = assert(io.popen "ps -o pid= --ppid $PPID | wc -l")
      return tonumber(pipe:read "l")
    end
    score_file "return 0.1"
    policy.get "score"
    local before = workers()
    for i = 1, 5 do
      score_file("return 0." .. i)
      policy.reload()
    end
    assert.are.equal(before, workers())
  end)
end)

describe("a function that is assigned", function()
  it("replaces the rule for this run, until nil takes it back", function()
    policy.score = function(m) return #m.text / 100, { { "length", #m.text } } end
    assert.are.equal(0.03, home:chat():add("user", "one").importance_score)
    policy.score = nil
    assert.are.equal(0.6, home:chat():add("user", "one").importance_score)
  end)

  it("has options of its own, or those of the shipped rule", function()
    policy.score = { defaults = { x = 0.3 }, score = function(_, ctx) return ctx.options.x end }
    assert.are.equal(0.3, (policy.call("score", "score", {}, message)))
    policy.score = function(_, ctx) return ctx.options.user end
    assert.are.equal(0.6, (policy.call("score", "score", {}, message)))
  end)

  it("may raise and answer nonsense without harm", function()
    for _, f in ipairs { function() error "no" end, function() return {} end, function() return nil end,
      function() return setmetatable({}, { __index = error }) end, function() error(setmetatable({}, {})) end } do
      policy.score = f
      home.reports = {}
      assert.are.equal(0.6, home:chat():add("user", "one").importance_score)
      assert.are.equal(1, #home.reports)
    end
    policy.pin = function() return { setmetatable({}, { __index = function() error "no" end }) } end
    assert.are.equal(1, #policy.call("pin", "suggest", {}, message))
  end)

  it("is of a kind that there is", function()
    assert.has_error(function() policy.scoer = function() end end,
      "no kind of policy is called 'scoer' (did you mean 'score'?)")
    assert.has_error(function() policy.score = 5 end)
  end)
end)
