-- kalito chat, why, and the commands of summaries and automatic pins: in a pipe, on a terminal, killed at every step.
local command = dofile "tests/fixtures/command.lua"
local chats = dofile "tests/fixtures/chat.lua"
local kalito = require "kalito"

local PTY = (os.getenv "KALITO_TESTS" or "build/test/tests") .. "/pty"
if PTY:sub(1, 1) ~= "/" then PTY = command.program:gsub("build/.*", "") .. PTY end

local s, f
setup(function() s = chats.server() end)
teardown(function() s:stop() end)
before_each(function()
  f = command.folder()
  f:shell "kalito init; kalito session new Trip"
end)
after_each(function() f:remove() end)

-- The shell with a model server that behaves as the model is called.
local function shell(line)
  return f:shell(([[export OLLAMA_HOST=%s OPENAI_BASE_URL=%s/v1 ANTHROPIC_BASE_URL=%s
export OLLAMA_API_KEY=%s OPENAI_API_KEY=%s ANTHROPIC_API_KEY=%s; %s]]):format(s.url, s.url, s.url, chats.KEY, chats.KEY,
    chats.KEY, line))
end

local function lines(n)
  local list = {}
  for i = 1, n do
    list[i] = ('{"session":"Trip","role":"%s","text":"Sentence %d is about boat number %d in Oslo."}'):format(
      i % 2 == 1 and "user" or "assistant", i, i)
  end
  f:write("talk.jsonl", table.concat(list, "\n") .. "\n")
  assert.are.equal(0, (f:shell "kalito session delete Trip && kalito import talk.jsonl"))
end

local function messages(session)
  local _, out = f:run("message", "list", session or "Trip", "--json")
  return kalito.json.decode(out)
end

-- Types a script at `kalito chat`; gives status line and screen.
local function type_at(words, script, columns)
  f:write("script", script)
  local status, out, err = shell(("%s %d 40 $KALITO chat %s <script"):format(command.quote(PTY), columns or 100, words))
  assert.are.equal(0, status, err .. out)
  return out
end

describe("kalito chat in a pipe", function()
  it("answers one question and remembers it", function()
    local status, out = shell "echo 'Where did we park?' | kalito chat Trip --model ollama:plain"
    assert.are.same({ 0, chats.TEXT .. "\n" }, { status, out })
    local rows = messages()
    assert.are.same({ "user", "Where did we park?", "assistant", chats.TEXT },
      { rows[1].role, rows[1].text, rows[2].role, rows[2].text })
    status, out = shell "echo 'And now?' | kalito chat Trip --json"
    local answer = kalito.json.decode(out)
    assert.are.same({ 0, "ollama:plain", 4, 2 }, { status, answer.model, answer.reply, answer.turn })
  end)

  it("keeps the question when the request fails, and says what to do", function()
    local status, _, err = shell "echo Hello | kalito chat Trip --model ollama:no_model"
    assert.are.equal(1, status)
    assert.is_truthy(err:find "404 Not Found")
    assert.are.equal(1, #messages())
  end)

  it("says what can be done when there is no model, and sends nothing to who is not set up", function()
    local status, _, err = shell "echo Hello | kalito chat Trip"
    assert.are.equal(3, status)
    assert.is_truthy(err:find("as ollama:NAME, openai:NAME or anthropic:NAME", 1, true), err)
    assert.is_truthy(err:find("; --no-model keeps a notebook\n", 1, true), err)
    status, _, err = f:shell "unset OPENAI_API_KEY OPENAI_BASE_URL; echo Hi | kalito chat Trip --model openai:gpt-4o"
    assert.are.same({ 1, "kalito: openai: it is not set up: set OPENAI_API_KEY, or providers.openai.base_url in "
      .. "config.lua\n" }, { status, err })
    assert.are.equal(2, #messages())
  end)

  it("begins a temporary session with the first words as its name", function()
    assert.are.equal(0, (shell "echo 'Where is the key?' | kalito chat --no-model"))
    local _, out = f:run("session", "list", "--temporary", "--json")
    assert.are.equal("Where is the key?", kalito.json.decode(out)[1].name)
  end)

  it("leaves no session behind in which nothing was said", function()
    assert.are.equal(2, (shell "kalito chat </dev/null"))
    local _, out = f:run("session", "list", "--json")
    assert.are.equal(1, #kalito.json.decode(out))
  end)

  it("asks a server once how much its model holds, and says what it was sent", function()
    s:requests()
    for _ = 1, 3 do shell "echo Hello | kalito chat Trip --model ollama:plain" end
    assert.are.equal(1, select(2, s:requests():gsub("POST /api/show", "")))
    local _, out = f:run("sql", "SELECT context FROM kalito_models", "--json")
    assert.is_truthy(out:find "8192")
    out = select(2, f:run("stats", "Trip"))
    assert.is_truthy(out:find "of 5,529 tokens", out)
    out = kalito.json.decode(select(2, f:run("why", "Trip", "--json")))
    assert.are.same({ 5529, 8192, 8192 },
      { out.turn.budget, out.details.context, out.details.settings.context })
  end)

  it("says what a model refuses, and asks it without", function()
    f:run("persona", "set", "assistant", "--temperature", "0.7")
    local status, out, err = shell "echo Hello | kalito chat Trip --model openai:refuses"
    assert.are.same({ 0, chats.TEXT .. "\n" }, { status, out }, err)
    assert.is_truthy(err:find("(openai:refuses takes no stream_options, temperature: it was asked without)", 1, true))
  end)

  it("says what to do about a budget that is too small", function()
    local status, _, err = shell "echo Hello | kalito chat Trip --model ollama:plain --budget 10"
    assert.are.equal(1, status)
    assert.is_truthy(err:find "than the budget of 10: a larger one")
    assert.are.equal(1, #messages())
  end)

  it("lets no answer steer the terminal", function()
    for _, name in ipairs { "ollama", "openai", "anthropic" } do
      local _, out = shell(("echo Hello | kalito chat Trip --model %s:steers"):format(name))
      assert.are.equal("\\x1b]0;mine\\x07\\x9b31m\\u{202e}a\\rb\\x08" .. chats.TEXT .. "\n", out)
    end
  end)

  it("shows no key and obeys no control character", function()
    local _, out, err = shell "echo Hello | kalito chat Trip --model ollama:echo_key"
    assert.is_nil((out .. err):find("verysecret", 1, true))
    assert.is_nil(err:find "\27")
    assert.is_nil(f:read("test.db"):find("verysecret", 1, true))
  end)
end)

describe("kalito chat on a terminal", function()
  it("takes several lines, words with a slash, and ends at Ctrl-D", function()
    local out = type_at("Trip --model ollama:plain", [[
prompt [ollama:plain
send one\\\r
expect ...
send two\r
expect Gr
prompt [ollama:plain
send """\r
send three\r
send four"""\r
prompt [ollama:plain
send /rate up\r
expect 0.70
prompt [ollama:plain
send /save Boats\r
expect saved as Boats
prompt [ollama:plain
send /undo\r
expect removed
prompt [ollama:plain
send /frob\r
expect there is no /frob
prompt [ollama:plain
send /why\r
prompt [ollama:plain
send \x04
]])
    assert.is_truthy(out:find "exit 0\n$")
    local rows = messages "Boats"
    assert.are.same({ 2, "one\ntwo" }, { #rows, rows[1].text })
  end)

  it("takes what is pasted as one text, whatever is in it", function()
    local out = type_at("Trip --model ollama:plain", [[
prompt [ollama:plain
send Look: \e[200~one\r/two\tthree\e[31m\x07\rGrüße 世界\r\e[201~
expect 世界
send !\r
expect Gr
prompt [ollama:plain
send \e[200~\e[201~
send \e[200~last\r\e[201~\r
expect Gr
prompt [ollama:plain
send \x04
]])
    assert.is_truthy(out:find "exit 0\n$")
    local rows = messages()
    assert.are.same({ 4, "Look: one\n/two\tthree[31m\nGrüße 世界\n!", "last" }, { #rows, rows[1].text, rows[3].text })
  end)

  it("takes a long text that is pasted", function()
    local text = ("A line of a long text, number nine. "):rep(20) .. "\\r"
    type_at("Trip --model ollama:plain", "prompt [ollama:plain\nsend \\e[200~" .. text:rep(20) .. [[\e[201~\r
expect Gr
prompt [ollama:plain
send \x04
]])
    assert.are.equal(#(text:gsub("\\r", "\n"):rep(20)) - 1, #messages()[1].text)
  end)

  it("shows wide characters on a narrow terminal, which may change its size", function()
    local out = type_at("Trip --model ollama:plain", [[
prompt [ollama:plain
send Grüße 世界 😀 und mehr davon
size 30
send , mehr\r
expect Gr
prompt [ollama:plain
send \x1b[A\r
expect Gr
prompt [ollama:plain
send \x04
]], 24)
    assert.is_truthy(out:find "exit 0\n$")
    local rows = messages()
    assert.are.same({ "Grüße 世界 😀 und mehr davon, mehr", "Grüße 世界 😀 und mehr davon, mehr" },
      { rows[1].text, rows[3].text })
  end)

  it("has words for everything", function()
    local out = type_at("Trip --model ollama:plain", [[
prompt [ollama:plain
send /budget\r
expect 5529, of 8192 that ollama:plain holds
prompt [ollama:plain
send Remember that Tam is allergic to cashew.\r
expect Gr
prompt [ollama:plain
send /context cashew\r
expect of 5529 tokens
prompt [ollama:plain
send /pin\r
expect auto
prompt [ollama:plain
send /pin Tam eats no nuts\r
prompt [ollama:plain
send /persona coder\r
expect coder
prompt [ollama:plain
send /budget 700\r
expect 700, of 8192
prompt [ollama:plain
send /summarise\r
expect nothing is due
prompt [ollama:plain
send /edit The key is in the barn.\r
expect Gr
prompt [ollama:plain
send /model openai:plain\r
expect openai:plain
prompt [openai:plain
send /retry\r
expect Gr
prompt [openai:plain
send /why\r
expect openai:plain
prompt [openai:plain
send /qu\t\r
]])
    assert.is_truthy(out:find "exit 0\n$", out)
    local rows = messages()
    assert.are.same({ 2, "The key is in the barn.", "openai:plain" }, { #rows, rows[1].text, rows[2].model })
  end)

  it("says which models there are when none is chosen, and waits for none at the prompt", function()
    s:requests()
    local out = type_at("Trip", ([[
expect ollama:mistral:7b
prompt [no model
send /model\r
expect none
expect /model NAME chooses one
prompt [no model
send hello\r
expect as ollama:NAME
prompt [no model
send /model ollama:silent\r
prompt [ollama:silent
send again\r
await %s "silent"
send \x03
expect interrupted
prompt [ollama:silent
send \x04
]]):format(s.log))
    assert.is_truthy(out:find "exit 0\n$", out)
    assert.is_nil(out:find("http.lua", 1, true))
  end)

  it("keeps what came when Ctrl-C stops the answer, and goes on", function()
    local out = type_at("Trip --model ollama:endless", [[
prompt [ollama:endless
send go on\r
expect more and more
send \x03
expect stopped
prompt [ollama:endless
send /why\r
expect interrupted
prompt [ollama:endless
send /model ollama:plain\r
prompt [ollama:plain
send /retry\r
expect Gr
prompt [ollama:plain
send /quit\r
]])
    assert.is_truthy(out:find "exit 0\n$")
    local rows = messages()
    assert.are.same({ 2, chats.TEXT }, { #rows, rows[2].text })
  end)

  it("does not wait on when Ctrl-C is pressed", function()
    local out = type_at("Trip --model ollama:limited_wait", [[
prompt [ollama:limited_wait
send hello\r
expect trying again in 30 s
send \x03
expect interrupted
prompt [ollama:limited_wait
send /model ollama:plain\r
prompt [ollama:plain
send /retry\r
expect Gr
prompt [ollama:plain
send \x04
]])
    assert.is_truthy(out:find "exit 0\n$")
    assert.are.equal(2, #messages())
  end)

  it("goes on after a failure, for /retry", function()
    type_at("Trip --model ollama:flaky", [[
prompt [ollama:flaky
send /model ollama:no_model\r
prompt [ollama:no_model
send hello\r
expect 404
prompt [ollama:no_model
send /model ollama:plain\r
prompt [ollama:plain
send /retry\r
expect Gr
prompt [ollama:plain
send \x04
]])
    assert.are.equal(2, #messages())
  end)

  it("keeps a notebook that answers from memory", function()
    local out = type_at("--no-model", [[
prompt [notebook
send The car stands on level 3.\r
prompt [notebook
send Where is the car?\r
expect user: The car stands on level 3.
prompt [notebook
send \x04
]])
    assert.is_truthy(out:find "exit 0\n$")
  end)

  it("has another process summarise, and says when it is done", function()
    lines(45)
    local out = type_at("Trip --no-model", [[
prompt [notebook
send Sentence 46 is about a boat.\r
prompt [notebook
send /help\r
expect /why
prompt [notebook
send \x04
]])
    assert.is_truthy(out:find "exit 0\n$")
    for _ = 1, 100 do
      local _, rows = f:run("summary", "list", "Trip", "--json")
      if #kalito.json.decode(rows) > 0 then return end
      os.execute "sleep 0.1"
    end
    error "no summary was made"
  end)
end)

describe("kalito summary", function()
  it("makes what is due, undoes it and makes it again", function()
    lines(45)
    local status, out = f:run("summary", "make", "Trip", "--due", "--no-model", "--json")
    local made = kalito.json.decode(out)
    assert.are.same({ 0, 1, "extract" }, { status, #made, made[1].origin })
    local function live()
      return #kalito.json.decode(select(2, f:run("message", "list", "Trip", "--live", "--json")))
    end
    local left = live()
    assert.are.equal(0, (f:run("summary", "make", "Trip", "--due")))
    assert.are.equal(3, (f:run("summary", "make", "Trip")))
    assert.are.equal(0, (f:run("summary", "undo", "Trip")))
    assert.are.equal(45, live())
    assert.are.equal(0, (f:run("summary", "redo", "Trip")))
    assert.are.equal(left, live())
  end)

  it("of two processes at once is one summary", function()
    lines(45)
    assert.are.equal(0, (f:shell [[
jobs=
for i in 1 2 3 4; do kalito summary make Trip --due --no-model & jobs="$jobs $!"; done
for job in $jobs; do wait $job || exit 1; done]]))
    local _, out = f:run("summary", "list", "Trip", "--json")
    assert.are.equal(1, #kalito.json.decode(out))
  end)
end)

describe("kalito pin", function()
  it("lists, accepts and rejects automatic pins", function()
    f:run("add", "Trip", "Please remember that the spare key hangs in the shed.")
    f:run("add", "Trip", "Please remember that I am allergic to peanuts.")
    local auto = kalito.json.decode(select(2, f:run("pin", "list", "Trip", "--auto", "--json")))
    assert.are.equal(2, #auto)
    assert.are.equal(0, (f:run("pin", "reject", auto[1].id)))
    assert.are.equal(0, (f:run("pin", "accept", auto[2].id)))
    assert.are.equal(1, (f:run("pin", "reject", auto[2].id)))
    f:run("add", "Trip", auto[1].content)
    local all = kalito.json.decode(select(2, f:run("pin", "list", "Trip", "--json")))
    assert.are.same({ 1, "user", auto[2].content }, { #all, all[1].pin_type, all[1].content })
  end)
end)

describe("kill -9", function()
  it("at any moment of a turn loses no question and leaves no half answer", function()
    for i, moment in ipairs { "0.02", "0.1", "0.3", "0.5", "0.7", "0.9" } do
      local line = "echo 'Question %d' | $KALITO chat Trip --model ollama:slow & sleep %s; kill -9 $! 2>/dev/null; wait"
      shell(line:format(i, moment))
      for _, row in ipairs(messages()) do
        assert.is_true(row.role == "user" or row.text == chats.TEXT, row.text)
      end
    end
    local status = shell "echo Last | kalito chat Trip --model ollama:plain"
    assert.are.equal(0, status)
    assert.are.equal(0, (f:run("why", "Trip")))
  end)

  it("at any moment of summarising leaves all or nothing of each step", function()
    lines(600)
    local db = assert(kalito.open(f.db))
    local id = db.session.find({ name = "Trip" })[1].id
    local line = "$KALITO summary make Trip --due --no-model & sleep %.3f; kill -9 $! 2>/dev/null; wait"
    for i = 1, 12 do
      f:shell(line:format(i * 0.02))
      assert.is_nil(chats.fault(db, id))
    end
    assert.are.equal(0, (f:run("summary", "make", "Trip", "--due", "--no-model")))
    assert.is_nil(chats.fault(db, id))
    for row in db.message.each { session = id, scope = "archived" } do
      assert.is_truthy(row.score_reasons:find "summarised", row.id)
    end
    for row in db.message.each { session = id, scope = "live" } do
      assert.is_falsy(row.score_reasons and row.score_reasons:find "summarised", row.id)
    end
    db.close()
  end)
end)
