-- The shipped scoring rule: its carried tests, and what must hold for any message.
local kalito = require "kalito"

local function load_rule()
  local chunk = assert(loadfile("scripts/policies/score.lua", "t", setmetatable({ kalito = kalito }, { __index = _G })))
  return chunk()
end

local rule = load_rule()

local function ctx(options)
  return { options = setmetatable(options or {}, { __index = rule.defaults }), now = "2025-03-01T09:30:00.000Z" }
end

local function names(reasons)
  local list = {}
  for i, reason in ipairs(reasons) do list[i] = reason[1] end
  return list
end

describe("the shipped scoring rule", function()
  it("carries at least 25 tests with names of their own", function()
    local seen = {}
    for _, test in ipairs(rule.tests) do
      assert.is_nil(seen[test.name], test.name)
      seen[test.name] = true
    end
    assert.is_true(#rule.tests >= 25)
  end)

  for _, test in ipairs(rule.tests) do
    it("carries: " .. test.name, function()
      local given = test.given
      local number, reasons
      if given.event then
        number, reasons = rule.update(given.message, given.event, ctx(given.options))
      else
        number, reasons = rule.score(given.message, ctx(given.options))
      end
      assert.are.same(test.expect.reasons, names(reasons))
      assert.are.equal(test.expect.score, number)
    end)
  end

  it("gives reasons that add up to the number", function()
    local options = ctx { user = 0.95 }
    for _, body in ipairs { "", "Why?", "Why does `x` fail?", "x" } do
      local number, reasons = rule.score({ role = "user", text = body }, options)
      local total = 0
      for _, reason in ipairs(reasons) do total = total + reason[2] end
      assert.is_true(math.abs(total - number) < 0.001)
    end
  end)

  it("says the same again and changes neither message nor options", function()
    local message = { role = "user", text = "Why does `x` fail?" }
    local options = ctx()
    local number, reasons = rule.score(message, options)
    for _ = 1, 3 do
      local again, same = rule.score(message, options)
      assert.are.equal(number, again)
      assert.are.same(reasons, same)
    end
    assert.are.same({ role = "user", text = "Why does `x` fail?" }, message)
    assert.is_nil(next(options.options))
  end)

  it("follows the options of each run when two runs take turns", function()
    local english, german = ctx(), ctx { explanation_words = { "weil" } }
    local message = { role = "assistant", text = "Es ist nass, weil es regnet." }
    for _ = 1, 3 do
      assert.are.equal(0.5, (rule.score(message, english)))
      assert.are.equal(0.7, (rule.score(message, german)))
    end
  end)

  it("stays within 0 and 1 whatever the options are", function()
    for _, base in ipairs { -5, 0, 0.5, 1, 5 } do
      local number = rule.score({ role = "user", text = "Why?" }, ctx { user = base })
      assert.is_true(number >= 0 and number <= 1)
    end
  end)

  it("scores a message of an event by its text when it has no importance", function()
    local number, reasons = rule.update({ role = "user", text = "Why?" }, "pinned", ctx())
    assert.are.equal(1, number)
    assert.are.same({ "before", "pinned" }, names(reasons))
  end)

  it("scores megabytes of hostile text", function()
    for _, piece in ipairs { "?", "`", "a.", "> - ", "because ", "http://", "\n", "a_", "((", "1.", "\u{2019}a" } do
      local body = piece:rep(200000)
      for _, role in ipairs { "user", "assistant" } do
        local number = rule.score({ role = role, text = body }, ctx())
        assert.is_true(number >= 0 and number <= 1)
      end
    end
  end)
end)
