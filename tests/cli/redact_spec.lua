-- kalito redact: secrets are neither in the file nor in what a model is sent, whichever way they come.
local command = dofile "tests/fixtures/command.lua"
local chats = dofile "tests/fixtures/chat.lua"
local kalito = require "kalito"

local KEY, MAIL, PHONE = "sk-ant-api03-abcdefgh12345678", "joe@example.com", "+49 170 1234567"
local PTY = (os.getenv "KALITO_TESTS" or "build/test/tests") .. "/pty"
if PTY:sub(1, 1) ~= "/" then PTY = command.program:gsub("build/.*", "") .. PTY end

describe("kalito redact", function()
  local f
  before_each(function()
    f = command.folder()
    f:shell "kalito init; kalito session new Trip"
  end)
  after_each(function() f:remove() end)

  -- Is it in any file of the folder but those that the test made?
  local function holds(words, where)
    local line = "grep -rqaiF %s %s --exclude=script --exclude=*.jsonl --exclude=out --exclude=err --exclude=config.lua"
    return (f:shell(line:format(command.quote(words), where or "."))) == 0
  end

  local function texts(session, field)
    local _, out = f:run("message", "list", session or "Trip", "--json")
    local list = {}
    for i, row in ipairs(kalito.json.decode(out)) do list[i] = row[field or "text"] end
    return list
  end

  it("is off until it is switched on, and says what is on", function()
    assert.are.same({ 0, "off\n", "" }, { f:run "redact" })
    assert.are.same({ 0, "key, card, email, phone\n", "" }, { f:run("redact", "on") })
    assert.are.same({ 0, "key, email\n", "" }, { f:run("redact", "on", "--only", "email, key") })
    local _, out = f:run("redact", "--json")
    assert.are.same({ redact = { "key", "email" }, words = 0 }, kalito.json.decode(out))
    assert.matches("redacted: key, email", select(2, f:run "doctor"))
    assert.are.same({ 0, "off\n", "" }, { f:run("redact", "off") })
    local wrong = { { "on", "--only", "mail" }, { "away" }, { "off", "--only", "key" }, { "on", "--dry-run" } }
    for _, words in ipairs(wrong) do
      assert.are.equal(2, (f:run("redact", table.unpack(words))))
    end
    assert.are.equal(1, (f:run("redact", "rows")))
  end)

  it("keeps what is added out of every file, backups too", function()
    f:run("redact", "on")
    f:run("add", "Trip", "--role", "user", "my key is " .. KEY .. " and " .. MAIL .. ", " .. PHONE)
    f:run("pin", "add", "Trip", "mail " .. MAIL)
    f:run("session", "rename", "Trip", "mail " .. MAIL)
    f:run "backup"
    local row = "my key is [redacted:key] and [redacted:email], [redacted:phone]"
    assert.are.same({ row }, texts "mail [redacted:email]")
    for _, secret in ipairs { KEY, "abcdefgh12345678", MAIL, "joe", "1234567" } do
      assert.is_false(holds(secret), secret)
    end
  end)

  it("imports a file twice and doubles nothing, also one from before it was on", function()
    f:write("talk.jsonl", ('{"session":"Talk","role":"user","text":"mail %s"}\n'):format(MAIL)
      .. ('{"session":"Talk","role":"user","speaker":"%s","text":"plain"}\n'):format(MAIL)
      .. ('{"session":"Talk","role":"user","id":"m3","text":"named %s"}\n'):format(MAIL))
    f:run("import", "talk.jsonl")
    local before = texts("Talk", "external_id")
    f:run("redact", "on")
    f:run("import", "talk.jsonl")
    assert.are.equal(3, #texts "Talk")
    f:run("session", "forget", "Talk")
    for _ = 1, 2 do
      local status, _, err = f:run("import", "talk.jsonl")
      assert.are.equal(0, status, err)
      assert.are.same({ "mail [redacted:email]", "plain", "named [redacted:email]" }, texts "Talk")
    end
    assert.is_false(holds(MAIL))
    -- No external id is a hash of what was redacted.
    local now = texts("Talk", "external_id")
    assert.are.equal(before[3], now[3])
    for i = 1, 2 do assert.are_not.equal(before[i], now[i]) end
    -- An export of a file where it is off.
    f:shell("export KALITO_DB=other.db; kalito init; kalito session new Old; kalito add Old --role user 'to " .. MAIL
      .. "'; kalito export --all >all.jsonl; rm other.db*")
    for _ = 1, 2 do
      f:run("import", "all.jsonl")
      assert.are.same({ "to [redacted:email]" }, texts "Old")
    end
    assert.is_false(holds(MAIL))
  end)

  it("takes words from config.lua, and opens nothing when it cannot read them", function()
    f:shell "mkdir -p config/kalito"
    f:write("config/kalito/config.lua", 'return { redact = { "Elm Street" } }')
    f:run("add", "Trip", "--role", "user", "I live in elm street 5")
    assert.are.same({ "I live in [redacted:word] 5" }, texts())
    assert.are.same({ 0, "off; words of config.lua: 1\n", "" }, { f:run "redact" })
    f:shell [[kalito -e 'local db = kalito.open("test.db"); local s = db.session.find()[1]
      db.message.add { session = s.id, role = "user", text = "ELM STREET" }']]
    assert.are.equal("[redacted:word]", texts()[2])
    assert.is_false(holds "elm street")
    for _, list in ipairs { '"Elm Street", 5', '""', 'a = "b"', '"Elm' } do
      f:write("config/kalito/config.lua", "return { redact = { " .. list .. " } }")
      local status, _, err = f:run("add", "Trip", "--role", "user", "elm street")
      assert.are.equal(1, status)
      assert.matches("config.lua:1: ", err)
    end
    f:write("config/kalito/config.lua", "return { budget = 'much' }")
    assert.are.equal(0, (f:run("add", "Trip", "--role", "user", "fine")))
  end)

  it("takes no other words than a list of texts", function()
    local liar = setmetatable({ "secret" }, { __len = function() return -1 end })
    for _, words in ipairs { "secret", { 1 }, { "secret", {} } } do
      local done, message = pcall(kalito.open, f.path .. "/words.db", { create = true, redact_words = words })
      assert.is_false(done)
      assert.is_truthy(message:find("redact_words must be a list of texts", 1, true))
    end
    local db <close> = assert(kalito.open(f.path .. "/words.db", { create = true, redact_words = liar }))
    assert.are.equal("my [redacted:word]", db.redaction.text "my secret")
  end)

  it("redacts what was stored before, and names the backups that hold it", function()
    f:run("add", "Trip", "--role", "user", "mail " .. MAIL)
    f:run "backup"
    local _, _, err = f:run("redact", "on", "--only", "email")
    assert.matches("rows from before that hold secrets: 1", err)
    assert.are.same({ 0, "rows that hold secrets: 1\n", "" }, { f:run("redact", "rows", "--dry-run") })
    assert.is_true(holds(MAIL, "test.db"))
    local status, out
    status, out, err = f:run("redact", "rows")
    assert.are.same({ 0, "rows redacted: 1\n" }, { status, out })
    assert.matches("a backup may still hold them: .*/backups/test%-", err)
    assert.is_false(holds(MAIL, "test.db*"))
    assert.are.same({ "mail [redacted:email]" }, texts())
    assert.are.equal(0, (f:run("check", "--full")))
  end)

  it("stays on when a backup from before is restored", function()
    f:run("add", "Trip", "--role", "user", "mail " .. MAIL)
    f:run "backup"
    f:run("redact", "on", "--only", "email")
    local status, _, err = f:shell "kalito restore data/kalito/backups/*.db"
    assert.are.equal(0, status)
    assert.matches("redaction stays on: email", err)
    assert.are.same({ 0, "email\n", "" }, { f:run "redact" })
    f:run("redact", "off")
    assert.are.same({ 0, "off\n", "" }, { f:run "redact" })
  end)

  it("takes in a character card twice, without what is redacted", function()
    f:write("card.json", '{"spec":"chara_card_v2","spec_version":"2.0","data":{"name":"Ada","description":"Ask ' .. MAIL
      .. '","personality":"","scenario":"","first_mes":"Hi","mes_example":"","creator_notes":"' .. PHONE
      .. '","system_prompt":"","post_history_instructions":"","alternate_greetings":[],"tags":[],"creator":"",'
      .. '"character_version":"","extensions":{}}}')
    f:run("redact", "on")
    for _ = 1, 2 do
      local status, _, err = f:run("persona", "import", "card.json")
      assert.are.equal(0, status, err)
    end
    assert.is_false(holds(MAIL, "test.db*"))
    assert.is_false(holds("1234567", "test.db*"))
    local _, out = f:run("persona", "export", "Ada")
    assert.matches("Ask %[redacted:email%]", out)
  end)

  describe("with a model", function()
    local s
    setup(function() s = chats.server() end)
    teardown(function() s:stop() end)

    local function shell(line)
      return f:shell(("export OLLAMA_HOST=%s OLLAMA_API_KEY=%s; %s"):format(s.url, chats.KEY, line))
    end

    local function sent(secret)
      return s:requests():find(secret, 1, true)
    end

    it("sends no secret: not the new message, nor an old one, nor to summarise or embed", function()
      local rows = {}
      for i = 1, 30 do rows[i] = ('{"session":"Old","role":"user","text":"old %s %d"}\n'):format(MAIL, i) end
      f:write("old.jsonl", table.concat(rows))
      f:run("import", "old.jsonl")
      f:run("redact", "on")
      s:requests()
      local said = ("echo 'My key is %s, what of %s?' | kalito chat Old --model ollama:plain"):format(KEY, MAIL)
      assert.are.equal(0, (shell(said)))
      local requests = s:requests()
      assert.is_truthy(requests:find("My key is [redacted:key], what of [redacted:email]?", 1, true))
      assert.is_truthy(requests:find("old [redacted:email] 29", 1, true))
      assert.is_falsy(requests:find(MAIL, 1, true))
      assert.is_falsy(requests:find(KEY, 1, true))
      assert.is_false(holds(KEY))
      assert.are.equal(0, (shell "kalito why Old"))
      shell "kalito summary make Old --last 20 --model ollama:plain"
      requests = s:requests()
      assert.is_truthy(requests:find("old [redacted:email] 7", 1, true))
      assert.is_falsy(requests:find(MAIL, 1, true))
      shell "kalito embed --model ollama:plain"
      assert.is_falsy(sent(MAIL))
      shell "kalito redact rows"
      assert.is_false(holds(MAIL))
    end)

    it("remembers no secret of a refused, edited or retried turn, or of a failed request", function()
      f:run("redact", "on")
      shell(("printf 'mail %s\\n/retry\\n/edit to %s\\n' | kalito chat Trip --model ollama:plain"):format(MAIL, MAIL))
      shell("echo 'mail " .. MAIL .. "' | kalito chat Trip --model ollama:no_model")
      f:shell("mkdir -p config/kalito/personas; echo 'return { name = \"guard\", describe = \"d\","
        .. " before = function(turn) if turn.text:find \"stop\" then return { refuse = \"no: \" .. turn.text } end"
        .. " return { text = turn.text .. \" !\", system = turn.text } end }' > config/kalito/personas/guard.lua")
      f:shell "kalito persona new guard --prompt p; kalito session new G --persona guard"
      shell("echo 'stop " .. MAIL .. "' | kalito chat G --model ollama:plain")
      shell("echo 'go " .. MAIL .. "' | kalito chat G --model ollama:plain")
      assert.is_false(holds(MAIL))
      local _, out = f:run("sql", "SELECT count(*) AS n, sum(json_valid(details)) AS good FROM kalito_turns", "--json")
      local row = kalito.json.decode(out)[1]
      assert.is_true(row.n >= 4)
      assert.are.equal(row.n, row.good)
    end)
  end)

  it("writes no secret to the history of the prompt", function()
    f:run("redact", "on")
    f:write("script", 'prompt > \nsend print("' .. MAIL .. '")\\r\nprompt > \nsend \\x04\n')
    f:shell(("TERM=xterm XDG_STATE_HOME=$PWD/state %s 100 40 $KALITO <script"):format(command.quote(PTY)))
    assert.matches("%[redacted:email%]", f:read "state/kalito/history" or "")
    assert.is_false(holds(MAIL))
  end)
end)
