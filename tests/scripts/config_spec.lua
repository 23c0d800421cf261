-- The user's settings: data in Lua, checked against the defaults, every error with its line and the nearest name.
local kalito = require "kalito"
local homes = dofile "tests/fixtures/home.lua"
local config, policy = kalito.config, kalito.policy

local home
before_each(function() home = homes.new() end)
after_each(function() home:close() end)

local function settings(text)
  local path = home:config("config.lua", text)
  policy.reload()
  return path
end

-- What is said about a file, without its path.
local function problem_of(text)
  local path = settings(text)
  local values, message, code = config.get()
  assert.is_nil(values)
  assert.are.equal("config", code)
  assert.are.equal(path, message:sub(1, #path))
  return message:sub(#path + 1)
end

describe("settings", function()
  it("are empty without a file", function()
    assert.are.same({}, config.get())
  end)

  it("are read with an empty environment", function()
    settings "return { user = 'Nora', budget = 2000, model = 'ollama:x', policies = { score = { user = 0.5 } } }"
    local values = config.get()
    assert.are.same({ "Nora", 2000, 0.5 }, { values.user, values.budget, values.policies.score.user })
    assert.is_truthy(problem_of "return { user = os.getenv 'HOME' }":find "^:1: .*global 'os'")
  end)

  it("are read anew after a reload, not before", function()
    settings "return { user = 'Nora' }"
    assert.are.equal("Nora", config.get().user)
    home:config("config.lua", "return { user = 'Elias' }")
    assert.are.equal("Nora", config.get().user)
    config.reload()
    assert.are.equal("Elias", config.get().user)
  end)
end)

local wrong = {
  ["that do not compile"] = { "return {\n user = }", "^:2: " },
  ["that raise"] = { "local t = nil\nreturn t.x", "^:2: " },
  ["that are no table"] = { "return 5", "^: returns a number, not a table$" },
  ["with an unknown key"] = { "return {\n\n  modle = 'x',\n}",
    "^:3: unknown option 'modle' %(did you mean 'model'%?%)$" },
  ["with a key unlike any other"] = { "return { zzzzzzzz = 1 }", "^:1: unknown option 'zzzzzzzz'$" },
  ["with a value of another type"] = { "return {\n  budget = '2000' }",
    "^:2: option 'budget' must be a number, not a string$" },
  ["with an infinite number"] = { "return { budget = 1 / 0 }", "^:1: option 'budget' must be a finite number$" },
  ["for a policy that is none"] = { "return { policies = {\n  scoer = {} } }",
    "^:2: unknown option 'scoer' %(did you mean 'score'%?%)$" },
  ["for a policy that are no table"] = { "return { policies = {\n  score = 5 } }",
    "^:2: option 'score' must be a table, not a number$" },
  ["for a provider that are no table"] = { "return { providers = {\n\n  ollama = 5 } }",
    "^:3: providers.ollama must be a table$" },
  ["with a list in the place of a key"] = { "return { 5 }", "^:1: unknown option '1'$" },
}

describe("settings", function()
  for name, case in pairs(wrong) do
    it(name .. " are an error with its line", function()
      local said = problem_of(case[1])
      assert.is_truthy(said:find(case[2]), said)
    end)
  end
end)

describe("options", function()
  local defaults = { user = 0.6, words = { "a", "b" }, style = "auto", on = true, free = {} }

  local function merge(given, source)
    return config.merge(defaults, given, { path = "c.lua", source = source or "", within = { "policies", "score" } })
  end

  it("are the defaults with the user's values over them, and the defaults stay as they were", function()
    local options = merge { user = 1, words = { "c" }, on = false }
    assert.are.same({ user = 1, words = { "c" }, style = "auto", on = false, free = {} }, options)
    assert.are.equal(0.6, defaults.user)
    assert.are.same(defaults, merge(nil))
  end)

  it("name the line inside their own policy, not another line with that key", function()
    local source = "return {\n user = 'Nora',\n policies = {\n  pin = { usr = 1 },\n  score = {\n   usr = 5,\n } } }"
    local options, message = merge({ usr = 5 }, source)
    assert.is_nil(options)
    assert.are.equal("c.lua:6: unknown option 'usr' (did you mean 'user'?)", message)
  end)

  it("find keys in brackets, and none in comments", function()
    assert.are.equal(3, config.line_of("return {\n -- usr = 1\n ['usr'] = 5 }", "usr"))
    assert.are.equal(1, config.line_of("return {}", "usr"))
    assert.are.equal(2, config.line_of("return {\n a.b%c = 1 }", "a.b%c"))
  end)

  it("hold in a list what the default holds there", function()
    local _, message = merge { words = { "x", 5 } }
    assert.are.equal("c.lua:1: option 'words' is a list of strings, but number 2 is a number", message)
    assert.is_truthy(merge { words = {} })
    assert.is_truthy(merge { free = { 5, "x" } })
  end)

  it("say the same of the same mistakes every time", function()
    local _, first = merge { b1 = 1, a1 = 1, c1 = 1 }
    for _ = 1, 10 do assert.are.equal(first, select(2, merge { c1 = 1, a1 = 1, b1 = 1 })) end
  end)

  it("of a policy come from its section", function()
    settings "return { policies = { score = { user = 0.9 } } }"
    assert.are.same({ user = 0.9 }, config.given("policies", "score"))
    assert.are.same({}, config.given("policies", "pin"))
    assert.are.equal(0.9, config.options("policies", "score", defaults).user)
  end)
end)
