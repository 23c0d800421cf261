-- Titles: the first words that are said, and what a model calls the session when the policy says so.
local kalito = require "kalito"
local chats = dofile "tests/fixtures/chat.lua"
local homes = dofile "tests/fixtures/home.lua"
local policy = require "kalito.policy"
local provider = require "kalito.model.provider"
local titles = require "kalito.memory.titles"

local s, home, chat, db
setup(function() s = chats.server() end)
teardown(function() s:stop() end)
before_each(function()
  home = homes.new()
  chat, db = chats.new()
end)
after_each(function()
  db.close()
  home:close()
end)

local function want()
  home:config("config.lua", "return { policies = { summarize = { title = true } } }")
  policy.reload()
end

local function ask(text, behaviour)
  return assert(chat:ask(text, chats.options(s, behaviour)))
end

local function name()
  return db.session.get(chat.id).name
end

local function maintain(behaviour)
  return assert(chat:maintain { model = "ollama:m", config = chats.config(s, behaviour or "plain") })
end

local function record()
  return chat:why().details.title
end

-- What maintenance does when the model says this.
local function answered(text, meanwhile)
  local real = provider.chat
  provider.chat = function()
    if meanwhile then meanwhile() end
    return { text = text, usage = {}, reason = "stop", timings = {} }
  end
  local ok, done = pcall(maintain)
  provider.chat = real
  return assert(ok and done, done)
end

describe("A title", function()
  it("is the beginning of the first line that is said", function()
    assert.are.equal("Where is it?", titles.of "\n Where is it?\nI lost it.")
    assert.are.equal(("word "):rep(11) .. "word...", titles.of(("word "):rep(30)))
    assert.is_true(kalito.text.valid(titles.of(("世界"):rep(40))))
  end)

  it("is no model's by itself", function()
    ask "Where is it?"
    s:requests()
    assert.is_nil(maintain().title)
    assert.are.same({ "Where is it?", "" }, { name(), s:requests() })
  end)

  it("is asked for behind the reply when the options say so, once, and the trace has it", function()
    want()
    local answer = ask "Where is it?"
    assert.are.equal("Where is it?", name())
    s:requests()
    assert.are.equal(chats.TEXT, maintain().title)
    assert.is_truthy(s:requests():find("Where is it?", 1, true))
    assert.are.equal(chats.TEXT, name())
    local title = record()
    assert.are.same({ chats.TEXT, "Where is it?", "ollama:m" }, { title.text, title.was, title.model })
    assert.are.same({ answer.turn, true }, { chat:why().turn.id, chat:why().equal })
    s:requests()
    assert.is_nil(maintain().title)
    assert.are.equal("", s:requests())
  end)

  it("stays the first words when the model fails or gives none, which the trace tells", function()
    want()
    ask "Where is it?"
    local done = maintain "down"
    assert.are.same({ nil, 1, "Where is it?" }, { done.title, #done.notes, name() })
    assert.is_string(record().failed)
    assert.is_nil(record().text)
    s:requests()
    assert.are.same({}, maintain().notes)
    assert.are.equal("", s:requests())
  end)

  it("is not taken from the user, nor from a session that nobody answered", function()
    want()
    chat:add("user", "Where is it?")
    assert.is_nil(maintain().title)
    ask "Where is it?"
    db.session.set { id = chat.id, name = "Keys" }
    assert.is_nil(maintain().title)
    assert.are.equal("Keys", name())
  end)

  it("is not given when there is no model, or the user has named the session meanwhile", function()
    want()
    ask "Where is it?"
    assert.is_nil(assert(chat:maintain { model = false }).title)
    answered("Lost keys", function() db.session.set { id = chat.id, name = "Keys" } end)
    assert.are.equal("Keys", name())
  end)

  it("is cleaned of what models put around it, and refused when it is none", function()
    want()
    ask "Where is it?"
    local first = db.turn.find({ session = chat.id })[1]
    for said, wanted in pairs {
      ['"Lost keys."'] = "Lost keys", ["**Title:** Lost keys\n\nI hope it helps."] = "Lost keys",
      ["\n\n# Lost keys"] = "Lost keys", ["\u{201C}Lost keys\u{201D}"] = "Lost keys",
      ["  \n "] = false, [("It is about keys that are lost. "):rep(9)] = false,
    } do
      db.turn.set { id = first.id, details = first.details }
      db.session.set { id = chat.id, name = "Where is it?" }
      local done = answered(said)
      assert.are.equal(wanted or nil, done.title, said)
      assert.are.equal(wanted or "Where is it?", name(), said)
    end
  end)

  it("is asked for as the user's own policy says", function()
    home:config("policies/summarize.lua", [[return { title = function(messages)
      return { { role = "user", content = "TITLE OF " .. messages[1].text .. #messages } } end }]])
    policy.reload()
    ask "Where is it?"
    s:requests()
    assert.are.equal(chats.TEXT, maintain().title)
    assert.is_truthy(s:requests():find("TITLE OF Where is it?2", 1, true))
    assert.are.same({}, home.reports)
  end)
end)
