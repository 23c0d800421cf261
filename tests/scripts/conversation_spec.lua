-- kalito.conversation: asking, retrying, editing, pinning and rating, against the suite's model server.
local kalito = require "kalito"
local chats = dofile "tests/fixtures/chat.lua"
local policy = require "kalito.policy"

local s, chat, db
setup(function() s = chats.server() end)
teardown(function() s:stop() end)
before_each(function() chat, db = chats.new() end)
after_each(function()
  db.close()
  policy.use("pin", nil)
  policy.use("score", nil)
end)

local function ask(text, behaviour, more)
  return chat:ask(text, chats.options(s, behaviour, more))
end

local function texts()
  local list = {}
  for i, row in ipairs(db.message.find { session = chat.id }) do list[i] = row.role .. ": " .. row.text end
  return list
end

local function reasons(row)
  return kalito.json.decode(row.score_reasons)
end

describe("Asking", function()
  it("stores question, answer, usage and model, and streams the answer", function()
    local pieces = {}
    local function keep(text) pieces[#pieces + 1] = text end
    local answer = assert(ask("Where did we park?", "plain", { on_delta = keep }))
    assert.are.equal(chats.TEXT, table.concat(pieces))
    assert.are.same({ "user: Where did we park?", "assistant: " .. chats.TEXT }, texts())
    assert.are.same({ chats.TEXT, "ollama:m", "stop" }, { answer.text, answer.model, answer.reason })
    assert.is_nil(answer.partial)
    assert.are.same({ "ollama:m", 7 }, { answer.reply.model, answer.reply.token_usage })
    assert.are.equal("ollama:m", db.session.get(chat.id).model)
    assert.are.equal("Where did we park?", db.session.get(chat.id).name)
  end)

  it("has the question on the disk before the request starts", function()
    local seen
    assert(ask("Is it there?", "plain", { on_delta = function() seen = seen or texts() end }))
    assert.are.same({ "user: Is it there?" }, seen)
  end)

  it("sends what the history says about the question", function()
    assert(chat:add("user", "The spare key hangs in the shed behind the boat."))
    chats.talk(chat, 60)
    s:requests()
    assert(ask("Where is the spare key?"))
    assert.is_truthy(s:requests():find("hangs in the shed", 1, true))
  end)

  it("remembers what was sent, with the reply or the failure", function()
    local function prefix(message) return chat:context({ message = message, budget = 4000 }).prefix_bytes end
    local answer = assert(ask "Hello?")
    assert.is_nil(answer.context.handle)
    assert.is_true(prefix(answer.message.id) > 0)
    assert.is_nil(ask("And now?", "down"))
    local row = db.message.find({ session = chat.id, order = "newest", limit = 1 })[1]
    assert.is_true(prefix(row.id) > prefix(answer.message.id))
  end)

  it("leaves the question ready to be asked again when the request fails", function()
    for _, behaviour in ipairs { "down", "no_model", "mid_error", "broken", "html_ok" } do
      local answer, message, code = ask("Hello?", behaviour)
      assert.are.same({ nil, "http" }, { answer, code })
      assert.is_string(message)
      assert.are.equal("user", db.message.find({ session = chat.id, order = "newest", limit = 1 })[1].role)
      assert(chat:retry(chats.options(s)))
      assert.are.equal("assistant", db.message.find({ session = chat.id, order = "newest", limit = 1 })[1].role)
    end
    assert.are.equal(10, #texts())
  end)

  it("keeps the question when there is no model, and when it is over the budget", function()
    local answer, message, code = chat:ask("Hello?", { config = { providers = {} } })
    assert.are.same({ nil, "not_found" }, { answer, code })
    assert.is_truthy(message:find "no model")
    assert.are.equal("budget", select(3, ask("Hello there, how are you today?", "plain", { budget = 3 })))
    assert.are.equal(2, #texts())
  end)

  it("keeps what came when it is stopped, and marks it", function()
    local answer = assert(ask("Go on", "endless", { on_delta = function() return false end }))
    assert.are.same({ "stopped", "more and more " }, { answer.partial, answer.reply.text })
    local found = reasons(answer.reply)
    assert.are.same({ "partial", "stopped" }, found[#found])
  end)

  it("keeps what came before Ctrl-C, and marks it", function()
    local answer = assert(ask("Go on", "endless", { on_delta = function() error("interrupted", 0) end }))
    assert.are.equal("interrupted", answer.partial)
    assert.is_true(chat:why().details.partial)
  end)

  it("raises the errors of on_delta, and stores no answer", function()
    local ok, message = pcall(ask, "Go on", "plain", { on_delta = function() error("mine", 0) end })
    assert.are.same({ false, "mine" }, { ok, message })
    assert.are.same({ "user: Go on" }, texts())
  end)

  it("never exceeds the budget", function()
    chats.talk(chat, 50)
    for _, budget in ipairs { 60, 200, 1000 } do
      assert.is_true(assert(ask("Which boat?", "plain", { budget = budget })).context.tokens <= budget)
    end
  end)

  it("shows no key in anything that is stored", function()
    local file = os.tmpname()
    db.close()
    chat, db = chats.new(file)
    s:requests()
    for _, behaviour in ipairs { "plain", "echo_key", "mid_error", "redirect" } do ask("Hello?", behaviour) end
    assert.is_truthy(s:requests():find(chats.KEY, 1, true))
    assert.is_nil(kalito.json.encode(chat:why()):find("verysecret", 1, true))
    db.close()
    for _, ending in ipairs { "", "-wal" } do
      local handle = io.open(file .. ending, "rb")
      if handle then assert.is_nil(handle:read("a"):find("verysecret", 1, true)) end
      if handle then handle:close() end
      os.remove(file .. ending)
    end
    os.remove(file .. "-shm")
  end)
end)

describe("The tokens of a model", function()
  it("correct the budget after three turns, and stats say so", function()
    assert(db.model.add { id = "ollama:m", ratio = 2, turns = 2 })
    assert.are.equal(1000, assert(ask("One?", "no_usage", { budget = 1000 })).context.budget)
    assert(db.model.set { id = "ollama:m", ratio = 2, turns = 3 })
    assert.are.equal(500, assert(ask("Two?", "no_usage", { budget = 1000 })).context.budget)
    local model = chat:stats({ budget = 1000 }).model
    assert.are.same({ name = "ollama:m", ratio = 2.0, turns = 3, calibrated = true, budget = 500 }, model)
    assert.are.equal(2.0, chat:why().details.ratio)
  end)

  it("are learnt from what it reports", function()
    local answer = assert(ask("Hello there, how are you?"))
    local row = assert(db.model.get "ollama:m")
    assert.are.equal(11 / answer.context.tokens, row.ratio)
    assert.are.equal(1, row.turns)
  end)
end)

describe("Retrying", function()
  it("replaces the answer by a new one, whose importance says so", function()
    local first = assert(ask("Hello?"))
    local second = assert(chat:retry(chats.options(s)))
    assert.are.equal(2, #texts())
    assert.is_nil(db.message.get(first.reply.id))
    assert.are.same({ { "assistant", 0.5 }, { "retried", -0.1 } }, reasons(second.reply))
    assert.are.equal(first.reply.id, chat:why().details.replaced[1].id)
  end)

  it("keeps the old answer until there is a new one", function()
    local first = assert(ask("Hello?"))
    assert.is_nil((chat:retry(chats.options(s, "down"))))
    assert.are.equal(first.text, db.message.get(first.reply.id).text)
  end)

  it("does not show the old answer to the model", function()
    assert(chat:add("user", "Tell me about the boat"))
    assert(chat:add("assistant", "The boat sank all at once"))
    s:requests()
    assert(chat:retry(chats.options(s)))
    assert.is_nil(s:requests():find("all at once", 1, true))
  end)

  it("needs something that was said", function()
    assert.are.equal("not_found", select(3, chat:retry(chats.options(s))))
  end)
end)

describe("What the user does to messages", function()
  it("moves their importance, and the reasons stay", function()
    local row = assert(chat:add("user", "Where did we park?"))
    assert(chat:pin(row.id))
    row = db.message.get(row.id)
    assert.are.same({ { "user", 0.6 }, { "question", 0.2 }, { "pinned", 0.2 } }, reasons(row))
    local pin = db.pin.find({ session = chat.id })[1]
    assert.are.same({ "user", tostring(row.id), row.text }, { pin.pin_type, pin.source_message_id, pin.content })
    assert(require("kalito.memory.pins").delete(db, pin.id))
    assert.are.equal(0.8, db.message.get(row.id).importance_score)
  end)

  it("rates the last answer", function()
    local answer = assert(ask("Hello?"))
    assert.are.equal(0.7, assert(chat:rate "up").importance_score)
    assert.are.equal(0.4, assert(chat:rate("down", answer.reply.id)).importance_score)
    assert.has_error(function() chat:rate "sideways" end)
  end)

  it("edits the user's last message, and takes its automatic pins with it", function()
    assert(chat:add("user", "Please remember that the spare key hangs in the shed."))
    assert.are.equal(1, db.pin.count { session = chat.id, pin_type = "auto" })
    local row = assert(chat:edit_last "Please remember that the spare key lies under the mat.")
    assert.are.same({ "user", 0.6 }, reasons(row)[1])
    assert.are.same({ "edited", 0.1 }, reasons(row)[#reasons(row)])
    local pins = db.pin.find { session = chat.id }
    assert.are.equal(1, #pins)
    assert.is_truthy(pins[1].content:find "under the mat")
  end)

  it("undoes the latest exchange and nothing that is archived", function()
    assert(ask "Please remember that the spare key hangs in the shed.")
    assert.are.equal(2, #assert(chat:undo()))
    assert.are.same({ 0, 0 }, { db.message.count { session = chat.id }, db.pin.count { session = chat.id } })
    chats.talk(chat, 50)
    assert(chat:maintain { model = false })
    while chat:undo() do end
    assert.is_true(db.message.count { session = chat.id } >= 30)
    assert.is_nil(chats.fault(db, chat.id))
  end)
end)

describe("Automatic pins", function()
  local FACT = "Please remember that the spare key hangs in the shed."

  it("are made of what the user asks to keep, once", function()
    assert(chat:add("user", FACT))
    assert(chat:add("user", FACT))
    local pins = db.pin.find { session = chat.id }
    assert.are.equal(1, #pins)
    assert.are.same({ "auto", 0.7, FACT }, { pins[1].pin_type, pins[1].importance_score, pins[1].content })
  end)

  it("are not suggested again when they were rejected", function()
    assert(chat:add("user", FACT))
    assert(require("kalito.memory.pins").reject(db, db.pin.find({ session = chat.id })[1].id))
    assert(chat:add("user", FACT))
    assert.are.equal(0, db.pin.count { session = chat.id })
    assert.are.same({ FACT }, db.pin.rejected(chat.id))
  end)

  it("become the user's own when they are accepted", function()
    local row = assert(chat:add("user", FACT))
    local pin = assert(require("kalito.memory.pins").accept(db, db.pin.find({ session = chat.id })[1].id))
    assert.are.same({ "user", 0.8 }, { pin.pin_type, pin.importance_score })
    assert.are.equal(0.8, db.message.get(row.id).importance_score)
    assert.are.equal("refused", select(3, require("kalito.memory.pins").reject(db, pin.id)))
  end)

  it("are never made of what memory showed", function()
    local other = kalito.conversation(db, assert(db.session.add {}).id)
    assert(other:add("user", "We decided on the blue tiles from Murano."))
    assert(chat:context { budget = 1000, text = "Which tiles from Murano did we decide on?" })
    assert(chat:add("user", "We decided on the blue tiles from Murano."))
    assert.are.equal(0, db.pin.count { session = chat.id })
  end)

  it("cost no message when their policy is broken", function()
    local said
    local report = policy.report
    policy.report = function(message) said = message end
    policy.use("pin", { suggest = function() error "broken" end })
    assert(chat:add("user", "Hello"))
    policy.report = report
    assert.is_truthy(said:find "broken")
  end)
end)
