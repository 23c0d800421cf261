-- The trace of turns: what was sent can be proved equal, and what has changed since is named; personas' functions.
local kalito = require "kalito"
local chats = dofile "tests/fixtures/chat.lua"
local homes = dofile "tests/fixtures/home.lua"
local policy = require "kalito.policy"

local s, chat, db
setup(function() s = chats.server() end)
teardown(function() s:stop() end)
before_each(function() chat, db = chats.new() end)
after_each(function()
  db.close()
  policy.use("context", nil)
end)

local function ask(text, behaviour, more)
  return chat:ask(text, chats.options(s, behaviour, more))
end

-- What has changed since the turn, as "part what".
local function changes(turn)
  local report, list = assert(chat:why(turn)), {}
  for i, change in ipairs(report.changes) do list[i] = change.part .. " " .. change.what end
  return report, table.concat(list, "\n")
end

describe("A trace", function()
  it("proves that the same would be sent, also after later turns", function()
    chats.talk(chat, 20)
    assert(chat:pin "We parked on level 3")
    local first = assert(ask "Which boat was number 7?").turn
    assert(ask "And number 9?")
    for _, turn in ipairs { first, first + 1 } do
      local report, said = changes(turn)
      assert.are.same({ true, "" }, { report.equal, said })
    end
  end)

  it("holds items, hashes, settings, policies, timings and tokens", function()
    local persona = assert(db.persona.add { name = "cook", prompt = "You are a cook.", temperature = 0.3, topP = 0.5 })
    assert(db.session.set { id = chat.id, persona = persona.id })
    local answer = assert(ask "What is for dinner?")
    local report = chat:why()
    assert.are.same({ 0.3, 0.5 }, { report.details.settings.temperature, report.details.settings.topP })
    assert.are.same({ 11, 7, answer.context.tokens },
      { report.turn.prompt_tokens, report.turn.completion_tokens, report.turn.tokens })
    assert.are.equal(kalito.hash "You are a cook.", report.details.items[1].hash)
    assert.are.equal(policy.identity("context").hash, report.details.policies.context.hash)
    assert.is_number(report.details.timings.total)
    assert.are.same({ answer.message.id, answer.reply.id }, { report.turn.message, report.turn.reply })
  end)

  it("is kept short, and traces that were kept as rows are read too", function()
    chats.talk(chat, 20)
    assert(ask "Which boat was number 7?")
    local turn = db.turn.find({ session = chat.id })[1]
    local kept, report = kalito.json.decode(turn.details), chat:why()
    assert.are.equal("string", type(kept.words[kept.items[1][1]]))
    local rows = kalito.json.encode(report.details)
    assert.is_true(#turn.details < #rows * 0.7)
    local items = report.details.items
    assert(db.turn.set { id = turn.id, details = rows })
    assert.are.same(items, chat:why().details.items)
    assert.is_true(chat:why().equal)
  end)

  it("names what was edited, re-scored, removed and added", function()
    local old = assert(chat:add("user", "The boat is blue."))
    local scored = assert(chat:add("assistant", "I see."))
    local pin = assert(chat:pin "We parked on level 3")
    assert(ask "Which colour?")
    assert(db.message.set { id = old.id, text = "The boat is red." })
    assert(db.message.set { id = scored.id, importance_score = 0.9 })
    assert(db.pin.del(pin.id))
    assert(chat:pin "It rains")
    local report, said = changes()
    assert.is_false(report.equal)
    for _, what in ipairs { "recent was edited since", "recent was re-scored from 0.50 to 0.90", "pin was removed",
      "pin is new since" } do
      assert.is_truthy(said:find(what, 1, true), what)
    end
  end)

  it("names what was undone, and a turn whose own message was", function()
    assert(ask "First?")
    assert(ask "Second?")
    assert(chat:undo())
    local report, said = changes(2)
    assert.is_false(report.equal)
    assert.are.equal("new the message of the turn was undone", said)
    report = changes(1)
    assert.is_true(report.equal)
  end)

  it("names what was summarised since", function()
    chats.talk(chat, 44)
    assert(ask "Which boat?")
    assert(chat:maintain { model = false })
    local report, said = changes()
    assert.is_false(report.equal)
    assert.is_truthy(said:find("recent was summarised since", 1, true))
    assert.is_truthy(said:find("summary is new since", 1, true))
  end)

  it("names a policy that was replaced", function()
    assert(ask "Hello?")
    policy.use("context", { plan = function() return { pin = { limit = 1 } } end })
    local report, said = changes()
    assert.is_true(report.equal)
    assert.is_truthy(said:find("policy was context (shipped), is context (assigned)", 1, true))
  end)

  it("tells of a turn that failed", function()
    assert.is_nil((ask("Hello?", "no_model")))
    assert.is_truthy(chat:why().details.failed:find "404")
    assert.is_nil(chat:why().turn.reply)
  end)

  it("is of its own session", function()
    assert(ask "Hello?")
    local other = kalito.conversation(db, assert(db.session.add {}).id)
    assert.are.equal("not_found", select(3, other:why()))
    assert.are.equal("not_found", select(3, other:why(1)))
  end)
end)

describe("The functions of a persona", function()
  local home
  before_each(function()
    home = homes.new()
    local persona = assert(db.persona.add { name = "butler", prompt = "You are a butler." })
    assert(db.session.set { id = chat.id, persona = persona.id })
  end)
  after_each(function() home:close() end)

  local function behave(source)
    home:config("personas/butler.lua", "return { name = 'butler', " .. source .. " }")
  end

  it("may change what is said, and the trace has what was typed", function()
    behave "before = function(turn) return { text = turn.text:upper() } end"
    local answer = assert(ask "good morning")
    assert.are.equal("GOOD MORNING", answer.message.text)
    assert.are.equal("good morning", chat:why().details.hooks.before.was)
  end)

  it("may add a line to the prompt of this turn, which the trace can build again", function()
    behave "before = function() return { system = 'It is raining.' } end"
    s:requests()
    assert(ask "Hello?")
    assert.is_truthy(s:requests():find("It is raining.", 1, true))
    assert.is_true(chat:why().equal)
  end)

  it("adds its line also when the turn is asked again, and leaves the stored text alone", function()
    behave "before = function(turn) return { text = turn.text .. '!', system = 'It is raining.' } end"
    assert.is_nil(ask("Hello", "down"))
    s:requests()
    local answer = assert(chat:retry(chats.options(s)))
    assert.is_truthy(s:requests():find("It is raining.", 1, true))
    assert.are.equal("Hello!", answer.message.text)
    assert.are.same({ true, "It is raining." }, { chat:why().equal, chat:why().details.hooks.before.system })
    behave "before = function() return { refuse = 'not now' } end"
    policy.reload()
    assert.are.same({ nil, "not now", "refused" }, { chat:retry(chats.options(s)) })
    assert.are.equal(2, db.message.count { session = chat.id })
  end)

  it("may refuse a turn: nothing of it is sent or said", function()
    behave "before = function() return { refuse = 'not before tea' } end"
    s:requests()
    local answer, message, code = ask "Hello?"
    assert.are.same({ nil, "not before tea", "refused" }, { answer, message, code })
    assert.are.same({ 0, "" }, { db.message.count { session = chat.id }, s:requests() })
    assert.is_true(chat:why().details.refused)
  end)

  it("may change the reply, and the trace has what the model said", function()
    behave "after = function(reply) return reply .. ' Sir.' end"
    local answer = assert(ask "Hello?")
    assert.are.equal(chats.TEXT .. " Sir.", answer.reply.text)
    assert.are.equal(chats.TEXT, chat:why().details.hooks.after.was)
  end)

  it("may write the prompt", function()
    behave "system = function(persona, ctx) return persona.prompt .. ' ' .. ctx.now:sub(1, 4) end"
    assert.is_truthy(chat:prompt():find "^You are a butler%. %d%d%d%d$")
  end)

  it("are as if they were not there when they fail", function()
    behave "before = function() error 'no' end, after = function() return 5 end"
    local answer = assert(ask "Hello?")
    assert.are.equal(chats.TEXT, answer.text)
    assert.are.equal(2, #home.reports)
    assert.is_truthy(home.reports[1]:find "does without it")
    assert.is_string(chat:why().details.hooks.before.failed)
  end)
end)
