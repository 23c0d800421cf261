-- What a persona's own file decides in the place of the policies: score, update, suggest, plan.
local kalito = require "kalito"
local catalog = require "kalito.policy.catalog"
local chats = dofile "tests/fixtures/chat.lua"
local homes = dofile "tests/fixtures/home.lua"
local policy = require "kalito.policy"
local rescore = require "kalito.memory.rescore"
local script = require "kalito.script"
local trial = require "kalito.policy.trial"

local s, home, chat, db
setup(function() s = chats.server() end)
teardown(function() s:stop() end)
before_each(function()
  home = homes.new()
  chat, db = chats.new()
  local persona = assert(db.persona.add { name = "butler", prompt = "You are a butler." })
  assert(db.session.set { id = chat.id, persona = persona.id })
end)
after_each(function()
  db.close()
  home:close()
end)

local function behave(source)
  return home:config("personas/butler.lua", "return { name = 'butler',\n" .. source .. " }")
end

local function score_of(text)
  return assert(chat:add("user", text)).importance_score
end

describe("A persona with rules of its own", function()
  it("decides in its sessions, and in no other", function()
    behave [[score = function(message, ctx) return 0.125, { { ctx.persona, 0.125 } } end,
      suggest = function(message) return { { content = "Sir said: " .. message.text, importance = 0.75 } } end,
      plan = function() return { recent = { limit = 2 } } end]]
    local row = assert(chat:add("user", "Where is it?"))
    assert.are.same({ 0.125, '[["butler",0.125]]' }, { row.importance_score, row.score_reasons })
    assert.are.equal("Sir said: Where is it?", db.pin.find({ session = chat.id })[1].content)
    for i = 1, 5 do chat:add("assistant", "Answer " .. i) end
    local recent = 0
    for _, item in ipairs(chat:context({ budget = 4000 }).items) do
      if item.part == "recent" then recent = recent + 1 end
    end
    assert.are.equal(2, recent)
    local other = kalito.conversation(db, assert(db.session.add {}).id)
    assert.are.equal(0.8, assert(other:add("user", "Where is it?")).importance_score)
    assert.are.equal(0, db.pin.count { session = other.id })
    assert.are.same({}, home.reports)
  end)

  it("moves scores after events", function()
    behave "update = function(message, event) return event == 'rated_up' and 1 or message.importance_score end"
    local row = assert(chat:add("assistant", "It is in the drawer."))
    assert.are.equal(1, assert(chat:rate("up")).importance_score)
    assert(chat:pin(row.id))
    assert.are.equal(1, db.message.get(row.id).importance_score)
  end)

  it("leaves what it lacks to the usual policy", function()
    behave "plan = function() return {} end"
    home:config("policies/score.lua", "return { score = function() return 0.375 end }")
    assert.are.equal(0.375, score_of "Where is it?")
    behave "score = function() return 0.25 end"
    policy.reload()
    assert.are.equal(0.25, score_of "Where is it?")
    local moved = policy.call("score", "update", { persona = "butler" }, { role = "user", importance_score = 0.5 },
      "pinned")
    assert.are.equal(0.7, moved)
  end)

  it("gets the shipped policy's options as the user has set them, and may build on it", function()
    home:config("config.lua", "return { policies = { score = { question = 0.35 } } }")
    behave [[score = function(message, ctx)
      return kalito.script.builtin("policies/score").score(message, ctx) - ctx.options.question end]]
    policy.reload()
    assert.is_true(math.abs(score_of "Where is it?" - 0.6) < 1e-9)
    assert.are.same({}, home.reports)
  end)

  it("is judged like every policy: what fails or is nonsense is told once, and the usual one answers", function()
    home:config("policies/score.lua", "return { score = function() return 0.375 end }")
    for _, body in ipairs { "error 'no'", "return 1.5", "return 'much'", "while true do end" } do
      local path = behave("score = function()\n " .. body .. " end")
      policy.reload()
      home.reports = {}
      for _ = 1, 3 do assert.are.equal(0.375, score_of "Where is it?") end
      assert.are.equal(1, #home.reports, body)
      assert.are.equal(path .. ":" .. (body:find "return" and 2 or 3), home.reports[1]:match "^.-%.lua:%d+", body)
      assert.is_truthy(home.reports[1]:find("the usual score policy is used", 1, true))
    end
  end)

  it("costs nothing when its file does not load", function()
    behave "score = = 1"
    assert.are.equal(0.8, score_of "Where is it?")
    assert.are.equal(1, #home.reports)
    assert.is_truthy(home.reports[1]:find "butler.lua:2:")
  end)

  it("runs in the jail unless every byte is shipped", function()
    local path = behave "score = function() return os and 1 or 0.25 end"
    assert.are.equal(0.25, score_of "Where is it?")
    assert.are.equal(1, home.starts)
    local source = assert(script.read(path))
    local ours, before = { embedded = source, embedded_hash = kalito.hash(source), embedded_load = load(source) }, {}
    for verb, value in pairs(ours) do
      before[verb] = kalito[verb]
      kalito[verb] = function(name, ...)
        if name == "personas/butler" then return value end
        return before[verb](name, ...)
      end
    end
    finally(function()
      for verb, f in pairs(before) do kalito[verb] = f end
    end)
    policy.reload()
    assert.are.equal(1, score_of "Where is it?")
    assert.are.equal(1, home.starts)
    assert.are.equal(0, trial.try(nil, script.find "personas/butler").failed)
  end)

  it("is named in the trace, and why tells when its file has changed", function()
    behave "score = function() return 0.25 end"
    assert(chat:ask("Where is it?", chats.options(s)))
    local why = assert(chat:why())
    assert.are.equal(true, why.equal)
    local rule = why.details.policies.score
    assert.are.same({ "personas/butler", "config" }, { rule.name, rule.origin })
    assert.are.equal("context", why.details.policies.context.name)
    behave "score = function() return 0.5 end"
    policy.reload()
    local change = assert(chat:why()).changes[1]
    assert.are.same({ "policy", "score" }, { change.part, change.id })
  end)

  it("scores its sessions anew", function()
    local row = assert(chat:add("user", "Where is it?"))
    behave "score = function() return 0.25 end"
    policy.reload()
    local rule = policy.get("score", "butler")
    assert.are.equal(1, assert(rescore.run(db, chat.id, rule, {})).changed)
    assert.are.equal(0.25, db.message.get(row.id).importance_score)
    assert.are.equal(1, assert(rescore.run(db, chat.id, policy.get "score", {})).changed)
    assert.are.equal(0.8, db.message.get(row.id).importance_score)
  end)
end)

describe("The scripts", function()
  local function listed()
    for _, row in ipairs(catalog.list "personas") do
      if row.name == "personas/butler" then return row end
    end
  end

  it("name what a persona has", function()
    behave "score = function() return 0.25 end, before = function() end, odd = function() end"
    assert.are.same({ "ok", { "before", "score" } }, { listed().state, { table.unpack(listed().functions) } })
  end)

  local function failures(source)
    behave(source)
    local result, names = trial.try(nil, script.find "personas/butler"), {}
    for _, test in ipairs(result.tests) do
      if not test.ok then names[#names + 1] = test.name .. ": " .. test.problems[1] end
    end
    return names, result
  end

  it("try what a persona decides, by the contracts of the kinds", function()
    local names, result = failures [[plan = function(ctx) return { block = #ctx.persona } end,
      before = function(turn) return { text = turn.text } end, system = function(p) return p.prompt end]]
    assert.are.same({}, names)
    assert.is_true(result.passed > 10)
    names = failures "suggest = function(m) m.text = 'x' return {} end"
    assert.is_truthy(names[1]:find "changes its input")
    names = failures "after = function(reply) return 5 end"
    assert.is_truthy(names[1]:find "it must give a text")
    names = failures "score = function() return math.random() end"
    assert.is_true(#names > 0)
    names = failures "score = = 1"
    assert.are.equal(1, #names)
  end)
end)
