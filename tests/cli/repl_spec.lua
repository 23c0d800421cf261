-- The prompt: on a terminal of its own (tests/fixtures/pty.c types, waits and says what the screen shows) and in a
-- pipe. KALITO_TESTS is the folder of the build that has the terminal.
local command = dofile "tests/fixtures/command.lua"

local pty = (os.getenv "KALITO_TESTS" or "build/test/tests") .. "/pty"
if pty:sub(1, 1) ~= "/" then
  local pipe = assert(io.popen "pwd")
  pty = pipe:read "l" .. "/" .. pty
  pipe:close()
end

describe("the prompt", function()
  local f
  setup(function()
    f = command.folder()
    assert(0 == f:shell [[kalito init; kalito session new Trip
      kalito add Trip 'Where did we park? 漢字'; kalito add Trip Hello]])
  end)
  teardown(function() f:remove() end)
  before_each(function() os.execute("rm -rf " .. command.quote(f.path .. "/state")) end)

  -- Runs a dialogue; every line is a command of pty.c. Gives the screen and the status of pty.
  local function talk(lines, columns, arguments)
    f:write("dialogue", table.concat(lines, "\n") .. "\n")
    local status, screen, err = f:shell(("TERM=xterm XDG_STATE_HOME=$PWD/state %s %d 24 $KALITO %s < dialogue"):format(
      command.quote(pty), columns or 80, arguments or ""))
    assert.are.equal("", err .. (status == 0 and "" or screen))
    return screen
  end

  -- Types a line at the prompt and ends with Ctrl-D.
  local function ask(line, ...)
    local lines = { "prompt > ", "send " .. line .. "\\r" }
    for _, more in ipairs { ... } do lines[#lines + 1] = more end
    lines[#lines + 1] = "prompt > "
    lines[#lines + 1] = "send \\x04"
    return talk(lines)
  end

  local function has(screen, text)
    assert.truthy(screen:find(text, 1, true), screen)
  end

  local function history()
    return f:read "state/kalito/history"
  end

  it("greets, says which database is open, and leaves at Ctrl-D", function()
    local screen = talk { "prompt > ", "send \\x04" }
    has(screen, "help() helps")
    has(screen, "test.db: 1 session\n")
    has(screen, "exit 0")
  end)

  it("starts without a command as with repl", function()
    has(talk({ "prompt > ", "send \\x04" }, 80, "repl"), "exit 0")
  end)

  it("says what is missing when there is no database, and goes on", function()
    local screen = talk({ "prompt > ", "send db\\r", "prompt > ", "send \\x04" }, 80, "--db nowhere.db repl")
    has(screen, "no database at nowhere.db")
    has(screen, "> db\nnil\n")
    assert.falsy(f:read "nowhere.db")
  end)

  it("prints an expression, and keeps it as _", function()
    has(ask("6 * 7", "prompt > ", "send _ + 1\\r"), "> 6 * 7\n42\n> _ + 1\n43\n")
  end)

  it("goes on until an input is whole", function()
    has(ask("for i = 1, 2 do", "prompt >> ", "send print('n', i) end\\r"),
      ">> print('n', i) end\nn       1\nn       2\n")
  end)

  it("shows an error as one line with its place, and goes on", function()
    has(ask("local x = nil .. 'a'"), "\nstdin:1: attempt to concatenate a nil value\n>")
    has(ask("error { message = 'as a table' }"), "\nas a table\n>")
    has(ask("db.message.add { sesion = 'x' }"), "unknown key 'sesion' (did you mean 'session'?)")
  end)

  it("shows a traceback with --trace", function()
    local screen = talk({ "prompt > ", "send error 'boom'\\r", "prompt > ", "send \\x04" }, 80, "--trace repl")
    has(screen, "stack traceback:")
  end)

  it("shows rows as a table and makes what steers a terminal visible", function()
    local screen = ask "db.message.find()"
    has(screen, "id  session")
    has(screen, "Where did we park? 漢字")
    has(ask [["\\27]0;x\\7"]], [["\x1b]0;x\x07"]])
  end)

  describe("editing", function()
    it("moves, deletes and inserts", function()
      -- beginning of line, end of line, word back, delete to the left
      has(talk { "prompt > ", "send 23\\x011\\x05 + 1x\\x7f\\r", "expect 124", "prompt > ", "send \\x04" }, "\n124\n")
      has(talk { "prompt > ", "send 'abc'\\e[D\\e[D\\e[3~\\r", "expect ab", "prompt > ", "send \\x04" }, '"ab"')
    end)

    it("handles wide characters and accents as one each", function()
      local screen = talk { "prompt > ", "send '漢字é'\\e[D\\x7f\\x7fx\\r", "expect 漢x", "prompt > ", "send \\x04" }
      has(screen, "> '漢x'\n\"漢x\"\n")
    end)

    it("wraps a long line on a terminal of 40 columns", function()
      local digits = ("0123456789"):rep(5)
      local screen = talk({ "prompt > ", "send #'" .. digits .. "漢'\\r", "expect 53", "prompt > ",
        "send #'" .. digits .. "'\\x01\\x06\\x06x\\r", "expect 51", "prompt > ", "send \\x04" }, 40)
      has(screen, "> #'012345678901234567890123456789012345\n67890123456789漢'\n53\n")
      has(screen, "> #'x01234567890123456789012345678901234\n567890123456789'\n51\n")
    end)

    it("gives rows as much room as there is on 40 columns", function()
      local screen = talk({ "prompt > ", "send db.message.find()\\r", "expect Hello", "prompt > ", "send \\x04" }, 40)
      has(screen, "… also: ")
      for line in screen:gmatch "[^\n]+" do assert.truthy(utf8.len(line) <= 41, line) end
    end)

    it("drops the line at Ctrl-C, also one that is not whole", function()
      has(talk { "prompt > ", "send abc\\x03", "expect ^C", "prompt > ", "send x = (\\r", "prompt >> ",
        "send \\x03", "expect ^C", "prompt > ", "send 1\\r", "expect 1", "prompt > ", "send \\x04" },
        "> abc^C\n> x = (\n>> ^C\n> 1\n1\n")
    end)
  end)

  describe("completion", function()
    -- What stands on the line after a text with tabs in it.
    local function completed(text, result)
      talk { "prompt > ", "send " .. text, "see > " .. result, "send \\x03", "expect ^C", "prompt > ", "send \\x04" }
    end

    it("completes globals, fields and methods", function()
      completed("kali\\t", "kalito")
      completed("string.for\\t", "string.format")
      completed("db.mess\\t.fi\\t", "db.message.find")
      completed("kalito.json.enc\\t", "kalito.json.encode")
      completed("kalito.pol\\t", "kalito.policy")
    end)

    it("completes the keys of a table argument from the manual", function()
      completed("db.message.add { imp\\t0.5, sp\\t'A' }", "db.message.add { importance_score = 0.5, speaker = 'A' }")
      completed("db.pin.find { min\\t", "db.pin.find { min_importance =")
      completed("kalito.try { ag\\t", "kalito.try { against =")
      completed("kalito.open('x', { read\\t", "kalito.open('x', { read_only =")
    end)

    it("completes a session by the beginning of its name", function()
      local id = select(2, f:shell "kalito session list"):match "^%S+"
      completed('db.message.count { session = "Tr\\t }', 'db.message.count { session = "' .. id .. '" }')
    end)

    it("completes what help knows", function()
      completed('help "summar\\ti\\t', 'help "summarize"')
    end)

    it("shows the candidates when there are several", function()
      local screen = talk { "prompt > ", "send db.pin.\\t", "see count", "see find", "send \\x03",
        "expect ^C", "prompt > ", "send \\x04" }
      has(screen, "> db.pin.\nadd")
    end)

    it("runs no code of the user's, and survives values that refuse", function()
      local screen = talk { "prompt > ", "send t = setmetatable({}, { __index = function() error 'ran' end })\\r",
        "prompt > ", "send t.a\\t\\x03", "expect ^C", "prompt > ", "send \\x04" }
      assert.falsy(screen:find("ran'?\n", 1))
      has(screen, "exit 0")
    end)
  end)

  describe("history", function()
    it("comes back with the arrow keys, in the next run too", function()
      ask "first = 1"
      has(talk { "prompt > ", "send second = 2\\r", "prompt > ", "send \\e[A\\e[A", "see > first = 1", "send \\r",
        "prompt > ", "send first\\r", "expect 1", "prompt > ", "send \\x04" }, "> first = 1\n> first\n1\n")
    end)

    it("is a file of the user alone", function()
      ask "1"
      assert.are.equal("600 700", select(2, f:shell "echo $(stat -c %a state/kalito/history state/kalito)"):match "%C+")
    end)

    it("has no line twice, and none that begins with a blank", function()
      talk { "prompt > ", "send a = 1\\r", "prompt > ", "send b = 1\\r", "prompt > ", "send a = 1\\r", "prompt > ",
        "send  secret = 1\\r", "prompt > ", "send \\x04" }
      ask "c = 1"
      -- The file is appended to; what is read from it has each line once.
      assert.falsy(history():find "secret")
      local screen = talk { "prompt > ", "send \\e[A\\e[A\\e[A", "see > b = 1", "send \\r", "prompt > ", "send \\x04" }
      has(screen, "> b = 1\n")
    end)

    it("keeps a thousand lines", function()
      f:shell "mkdir -p -m 700 state/kalito; seq 1 1500 | sed 's/^/x = /' > state/kalito/history"
      ask "x"
      local _, lines = history():gsub("\n", "")
      assert.are.equal(1001, lines)
      assert.truthy(history():find("^x = 501\n"))
    end)

    it("is searched with Ctrl-R", function()
      ask "findme = 'yes'"
      has(talk { "prompt > ", "send \\x12findm", "see findme", "send \\r", "prompt > ", "send findme\\r", "expect yes",
        "prompt > ", "send \\x04" }, '"yes"')
    end)
  end)

  describe("Ctrl-C", function()
    -- Runs a line that says when it has begun and would not end.
    local function interrupted(line)
      local screen = ask("io.write('begun\\\\n'):flush(); " .. line, "expect begun\\r", "send \\x03",
        "expect interrupted")
      has(screen, "exit 0")
      return screen
    end

    it("interrupts a loop and names the line", function()
      has(interrupted "while true do end", "stdin:1: interrupted")
    end)

    it("interrupts code that calls the database", function()
      interrupted "while true do db.message.find { limit = 100 } end"
    end)

    it("interrupts a coroutine, and one inside another", function()
      interrupted "coroutine.wrap(function() while true do end end)()"
      interrupted "local c = coroutine.create(function() coroutine.wrap(function() while true do end end)() end) \z
        coroutine.resume(c)"
    end)

    it("interrupts a request that waits for its answer, in a coroutine too", function()
      local server = dofile("tests/fixtures/server.lua").start()
      local request = ("require('kalito.model.http').module().request { url = '%s/silent/v1/models' }")
        :format(server.url)
      interrupted(request)
      interrupted("coroutine.wrap(function() " .. request .. " end)()")
      server:stop()
    end)

    it("interrupts a loop over coroutines that are resumed again and again", function()
      interrupted "while true do coroutine.resume(coroutine.create(function() for i = 1, 100 do end end)) end"
    end)

    it("interrupts code that catches the error and goes on", function()
      interrupted "while true do pcall(function() while true do end end) end"
    end)

    it("interrupts again and again, and leaves the database usable", function()
      local lines = {}
      for _ = 1, 3 do
        lines[#lines + 1] = "prompt > "
        lines[#lines + 1] = "send print('be' .. 'gun') while true do end\\r"
        lines[#lines + 1] = "expect begun\\r"
        lines[#lines + 1] = "send \\x03"
        lines[#lines + 1] = "expect interrupted"
      end
      for _, line in ipairs { "prompt > ", "send db.message.count()\\r", "expect 2", "prompt > ", "send \\x04" } do
        lines[#lines + 1] = line
      end
      has(talk(lines), "db.message.count()\n2\n")
    end)

    it("lets code clean up that catches the error", function()
      local screen = ask("local ok, e = pcall(function() io.write('begun\\\\n'):flush() while true do end end) \z
        print(ok, e) while true do end", "expect begun\\r", "send \\x03", "expect interrupted")
      has(screen, "false stdin:1: interrupted")
      has(screen, "\nstdin:1: interrupted\n>")
    end)
  end)

  describe("help", function()
    it("explains values, names, policies and commands", function()
      f:write("help.lua", 'help()\nhelp(db.message.find)\nhelp "score"\nhelp "nosuch"\n')
      local _, out = f:shell "kalito repl < help.lua"
      has(out, "kalito.try { score = f")
      has(out, "db.message.find(filter)\n")
      has(out, "kalito.MessageFilter\n")
      has(out, "policies/score (shipped)\n")
      has(out, "Usage: kalito score")
      has(out, "nothing is called 'nosuch'")
    end)

    it("has something to say about every function of the module and of a database", function()
      f:write("all.lua", [[
        local docs, help = require "kalito.terminal.docs", require "kalito.terminal.help"
        db = kalito.open(":memory:", { create = true })
        for _, object in ipairs { kalito, db, db.message, kalito.json, kalito.system } do
          for key, value in pairs(object) do
            if type(value) == "function" and not tostring(key):find "^_" then
              local text = help.about(value)
              if not text:find(key, 1, true) then print(key, text) end
            end
          end
        end
      ]])
      assert.are.same({ 0, "", "" }, { f:run("run", "all.lua") })
    end)
  end)

  describe("in a pipe", function()
    it("reads lines without a prompt, banner or history, and prints values", function()
      assert.are.same({ 0, '3\n"Trip"\n', "" },
        { f:shell "printf '1 + 2\\ndb.session.find()[1].name\\n' | XDG_STATE_HOME=$PWD/state kalito repl" })
      assert.falsy(history())
    end)

    it("says errors on standard error, goes on, and ends with 1", function()
      assert.are.same({ 1, "2\n", "stdin:1: no\n" }, { f:shell "printf 'error \"no\"\\n1 + 1\\n' | kalito repl" })
    end)

    it("says when the input ends in the middle", function()
      local status, _, err = f:shell "printf 'for i = 1, 2 do\\n' | kalito repl"
      assert.are.equal(1, status)
      has(err, "near <eof>")
    end)

    it("never ends because of the database", function()
      f:write("broken.db", ("no database"):rep(500))
      local status, out = f:shell "printf 'db\\n1\\n' | kalito --db broken.db repl"
      assert.are.same({ 0, "nil\n1\n" }, { status, out })
      status, out = f:shell "printf 'db.close()\\ndb.session.count()\\n1\\n' | kalito repl"
      assert.are.same({ 1, "1\n" }, { status, out })
    end)
  end)

  describe("rules", function()
    local function run(code)
      f:write("rules.lua", code)
      return select(2, f:shell "kalito --allow-unisolated repl < rules.lua 2>&1")
    end

    it("are replaced for the run by assignment, and taken back by nil", function()
      local out = run [[
chat = kalito.conversation(db, db.session.find()[1].id)
kalito.policy.score = function(m) return 0.125 end
db.begin()
chat:add("user", "x").importance_score
kalito.policy.score = nil
chat:add("user", "Why?").importance_score
db.rollback()
]]
      assert.are.equal("true\n0.125\n0.8\n", out)
    end)

    it("are compared by kalito.try, which changes nothing", function()
      local out = run [[
kalito.try { score = function(m) return 0.25, { { "flat", 0.25 } } end, session = "Trip" }
kalito.try { score = function(m) return m.importance_score end, session = "Trip", against = "stored" }.changed
kalito.try { score = function(m) return 2 end, session = "Trip" }
kalito.try { session = "Trip" }
db.message.find()[1].importance_score
]]
      has(out, "0.2-0.3       0                                2 ########################\n")
      has(out, "2 of 2 messages change\n")
      has(out, "flat +0.25")
      has(out, "\n0\n")
      has(out, "must be between 0 and 1, not 2")
      has(out, "stdin:1: try: 'score' must be a function, not nil")
      assert.truthy(out:find "0%.8\n$")
    end)

    it("are explained item by item by kalito.explain", function()
      local out = run [[
c = kalito.conversation(db, db.session.find()[1].id):context { budget = 1000, save = false }
kalito.explain(c, 1)
kalito.explain(c, "persona")
kalito.explain(c, 99)
]]
      has(out, "recent 1: in, recent\nscore 0.80 (user +0.6, question +0.2), ")
      has(out, "persona ")
      has(out, 'nil\t"no candidate of this context is called \'99\'"\t"not_found"\n')
    end)

    it("are read anew by kalito.reload", function()
      f:shell "mkdir -p config/kalito/policies"
      f:write("config/kalito/policies/score.lua", "return { name = 's', score = function() return 0.25 end }")
      local out = run [[
kalito.policy.call("score", "score", {}, { role = "user", text = "x" })
file = io.open(os.getenv "XDG_CONFIG_HOME" .. "/kalito/policies/score.lua", "w")
file:write "return { name = 's', score = function() return 0.75 end }"; file:close()
kalito.reload()
(kalito.policy.call("score", "score", {}, { role = "user", text = "x" }))
]]
      f:shell "rm -r config"
      has(out, "0.25")
      has(out, "0.75\n")
    end)
  end)
end)
