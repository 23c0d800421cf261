-- kalito check, optimize, journal, sql and migrate.
local command = dofile "tests/fixtures/command.lua"
local kalito = require "kalito"

local ORIGINAL = [[
CREATE TABLE personas (id TEXT PRIMARY KEY, name TEXT NOT NULL, prompt TEXT NOT NULL);
CREATE TABLE sessions (id TEXT PRIMARY KEY, name TEXT, model TEXT, recap TEXT, persona_id TEXT, created_at TEXT,
  updated_at TEXT, saved INTEGER DEFAULT 0);
CREATE TABLE messages (id INTEGER PRIMARY KEY AUTOINCREMENT, session_id TEXT NOT NULL, role TEXT, text TEXT,
  model_id TEXT, token_usage INTEGER, importance_score REAL DEFAULT 0.5, created_at TEXT);
CREATE TABLE conversation_summaries (id TEXT PRIMARY KEY, session_id TEXT NOT NULL, summary TEXT NOT NULL,
  message_count INTEGER NOT NULL, start_message_id TEXT, end_message_id TEXT, importance_score REAL, created_at TEXT);
CREATE TABLE semantic_pins (id TEXT PRIMARY KEY, session_id TEXT NOT NULL, content TEXT NOT NULL,
  source_message_id TEXT, importance_score REAL, pin_type TEXT, created_at TEXT);
CREATE TABLE vitals (pulse INTEGER);
INSERT INTO sessions(id, name) VALUES ('s', 'Trip');
INSERT INTO messages(session_id, role, text, created_at)
  VALUES ('s', 'user', 'Where did we park?', '2025-01-01 10:00:00');
]]

describe("looking after a database", function()
  local f
  before_each(function()
    f = command.folder()
    f:write("original.sql", ORIGINAL)
    f:shell "kalito init; kalito session new Trip; kalito add Trip --role user 'Where did we park?'"
  end)
  after_each(function() f:remove() end)

  local function sqlite(db, sql)
    assert(os.execute(("cd %s && sqlite3 %s %s"):format(command.quote(f.path), db, command.quote(sql))))
  end

  it("finds nothing wrong with a new one", function()
    local status, out = f:run("check", "--full", "--json")
    assert.are.equal(0, status)
    assert.are.equal(0, kalito.json.decode(out).wrong)
  end)

  it("ends with 1 and names what mends it when something is wrong", function()
    sqlite("test.db", "UPDATE sessions SET message_count = 9")
    local status, out = f:run "check"
    assert.are.equal(1, status)
    assert.matches("! sessions with a wrong count.*%-> kalito optimize %-%-rebuild", out)
    assert.are.equal(0, (f:run("optimize", "--rebuild")))
    assert.are.equal(0, (f:run "check"))
  end)

  it("shows and sets the journal", function()
    assert.are.equal("wal\n", select(2, f:run "journal"))
    assert.are.equal("delete\n", select(2, f:run("journal", "delete")))
    assert.are.equal("delete\n", select(2, f:run "journal"))
    assert.are.equal(2, (f:run("journal", "off")))
  end)

  it("reads with raw SQL and writes nothing", function()
    local status, out = f:run("sql", "SELECT role, count(*) AS n FROM messages GROUP BY role")
    assert.are.same({ 0, "user\t1\n" }, { status, out })
    status, out = f:run("sql", "--json", "SELECT NULL AS a, 1.5 AS b, 'x' AS c")
    assert.are.equal(0, status)
    assert.are.same({ { b = 1.5, c = "x" } }, kalito.json.decode(out))
    assert.are.equal(1, (f:run("sql", "DELETE FROM messages")))
    assert.are.equal(2, (f:run("sql", "SELEC 1")))
    assert.matches("^kalito: a value of the query is too large", select(3, f:run("sql", "SELECT zeroblob(1 << 40)")))
    local _, _, err = f:run("sql", "--seconds", "1",
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n")
    assert.matches("too long", err)
  end)

  it("explains a query in words and warns of full scans", function()
    local _, out, err = f:run("sql", "--explain", "SELECT * FROM messages WHERE role = 'user'")
    assert.matches("reads all rows of messages", out)
    assert.matches("slow when they are large", err)
    _, out, err = f:run("sql", "--explain", "SELECT * FROM messages WHERE id = 1")
    assert.matches("finds rows of messages by their id", out)
    assert.are.equal("", err)
  end)

  it("takes parameters from Lua by place and by name", function()
    local _, out = f:run("-e", [[local db = kalito.open "test.db"
      print(db.sql("SELECT ? + ?2 AS n", { 1, 2.5 })[1].n,
        db.sql("SELECT :a AS n, :b AS m", { a = "x", b = true })[1].m,
        #select(2, db.sql "SELECT 1, 2"), (db.sql("SELECT ? AS n", { kalito.json.null })[1].n))]])
    assert.are.equal("3.5\t1\t2\tnil\n", out)
  end)

  it("shows what migrating would do, tells who opens it, and keeps it as it was", function()
    f:shell "sqlite3 old.db < original.sql"
    local status, out = f:run("--db", "old.db", "migrate", "--dry-run")
    assert.are.equal(0, status)
    for _, words in ipairs { "original Kalito", "backup beside it", "1 times are written", "personas.temperature",
      "table vitals is not kalito's" } do
      assert.is_truthy(out:find(words, 1, true), words)
    end
    local before = f:read "old.db"
    local _, listed, err = f:run("--db", "old.db", "session", "list")
    assert.matches("Trip", listed)
    assert.matches("old%.db was a file of the original Kalito: .*old%-before%-migration%-", err)
    assert.matches("left alone: table vitals", err)
    assert.are_not.equal(before, f:read "old.db")
    assert.are.equal("", select(3, f:run("--db", "old.db", "session", "list")))
    assert.matches("up to date", select(3, f:run("--db", "old.db", "migrate")))
    local _, shown = f:run("--db", "old.db", "--json", "recall", "park")
    assert.matches("Where did we park", shown)
  end)

  it("saves what can be read of a damaged file", function()
    f:shell [[kalito journal delete; cp test.db bad.db
              dd if=/dev/zero of=bad.db bs=100 count=1 conv=notrunc]]
    assert.are.equal(1, (f:run("--db", "bad.db", "check")))
    local status, out = f:run("recover", "bad.db", "new.db")
    assert.are.equal(0, status)
    assert.matches("messages: 1 rows saved", out)
    assert.are.equal(0, (f:run("--db", "new.db", "check", "--full")))
    assert.matches("Where did we park", select(2, f:run("--db", "new.db", "message", "list", "Trip")))
    assert.are.equal(1, (f:run("recover", "bad.db", "new.db")))
    assert.are.equal(3, (f:run("recover", "none.db", "new2.db")))
  end)

  it("waits for a lock no longer than until Ctrl-C, and stores nothing", function()
    local status, out, err = f:shell(([[
%s hold %s ready 120000 & holder=$!
i=0
while [ ! -e ready ] && [ $i -lt 600 ]; do sleep 0.05; i=$((i + 1)); done
"$KALITO" add Trip 'and on which level?' & p=$!
while ! ls -l /proc/$p/fd | grep -q test.db-wal && [ $i -lt 1200 ]; do sleep 0.05; i=$((i + 1)); done
while kill -INT $p 2>/dev/null; do sleep 0.1; done
wait $p; status=$?
kill -KILL $holder; wait $holder 2>/dev/null
"$KALITO" message list Trip | wc -l
exit $status]]):format(command.quote(os.getenv "KALITO_TESTS" .. "/core_helper"), command.quote(f.db)))
    assert.are.equal(130, status, err)
    assert.truthy(err:find("kalito: interrupted\n", 1, true), err)
    assert.are.equal("1\n", out)
  end)
end)
