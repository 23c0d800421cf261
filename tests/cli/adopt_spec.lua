-- Files of the original in every state: adopted, read, written by both in turn.
local command = dofile "tests/fixtures/command.lua"
local original = dofile "tests/fixtures/original.lua"
local kalito = require "kalito"

local names = {}
for name in pairs(original.states) do names[#names + 1] = name end
table.sort(names)

-- What must stay: every row as it was. Times are compared apart.
local KEPT = [[
SELECT quote(id), quote(session_id), quote(role), quote(text), quote(model_id), quote(token_usage) FROM messages
  ORDER BY id;
SELECT quote(id), quote(name), quote(persona_id), quote(created_at), quote(updated_at) FROM sessions ORDER BY id;
SELECT quote(id), quote(session_id), quote(summary), quote(message_count), quote(start_message_id),
  quote(end_message_id), quote(importance_score) FROM conversation_summaries ORDER BY id;
SELECT quote(id), quote(session_id), quote(content), quote(source_message_id), quote(importance_score), quote(pin_type)
  FROM semantic_pins ORDER BY id;
SELECT quote(id), quote(name), quote(prompt) FROM personas ORDER BY id;
]]
local SCORES = "SELECT id, quote(importance_score) FROM messages ORDER BY id;"
local FOREIGN = [[SELECT * FROM patients; SELECT * FROM vitals;
SELECT sql FROM sqlite_master WHERE name IN ('watch', 'all_vitals');]]

describe("a file of the original", function()
  local f
  before_each(function() f = command.folder() end)
  after_each(function() f:remove() end)

  local function sqlite(sql)
    f:write("in.sql", ".bail on\n" .. sql)
    local status, out, err = f:shell "sqlite3 test.db <in.sql"
    assert.are.same({ 0, "" }, { status, err })
    return out
  end

  local function make(name)
    f:write("make.sql", original.states[name].sql)
    assert.are.equal(0, (f:shell "sqlite3 test.db <make.sql"))
  end

  -- Runs it, and refuses whatever only a programmer understands.
  local function run(...)
    local status, out, err = f:run(...)
    assert.is_nil((out .. err):find("%.lua:%d"), table.concat({ ... }, " ") .. ": " .. err)
    assert.is_true(status < 4, err)
    return status, out, err
  end

  local function recalled(words)
    local rows = kalito.json.decode(select(2, run("--json", "recall", words)))
    local texts = {}
    for i, row in ipairs(rows.hits or rows) do texts[i] = row.text end
    return table.concat(texts, "|")
  end

  for _, name in ipairs(names) do
    local state = original.states[name]

    it("in the state '" .. name .. "' keeps its rows and gets a backup beside it", function()
      make(name)
      local kept, scores = sqlite(KEPT), name ~= "early" and sqlite(SCORES)
      local foreign = state.foreign and sqlite(FOREIGN)
      local before = f:read "test.db"
      local status, steps, err = run("migrate", "--dry-run")
      assert.are.equal(0, status, err)
      assert.matches("file of the original Kalito", steps)
      assert.are.equal(before, f:read "test.db")
      assert.are.equal(state.foreign ~= nil, steps:find("table vitals is not kalito's", 1, true) ~= nil)
      assert.is_nil(steps:find "PRIVATE")
      local done
      status, done, err = run "migrate"
      assert.are.equal(0, status, err)
      local backup = done:match "backup: (%S+%.db)"
      assert.are.equal(0, (run("backup", "verify", backup)))
      assert.are.equal(0, (f:shell("sqlite3 " .. backup .. " .dump >was.sql")))
      assert.is_nil(f:read("was.sql"):find "kalito")
      assert.are.equal(kept, sqlite(KEPT))
      if scores then assert.are.equal(scores, sqlite(SCORES)) end
      if foreign then
        assert.are.equal(foreign, sqlite(FOREIGN))
        assert.is_nil(done:find "PRIVATE")
      end
      assert.are.equal("0\n",
        sqlite "SELECT count(*) FROM messages WHERE created_at NOT GLOB '????-??-??T??:??:??.???Z'")
    end)

    it("in the state '" .. name .. "' is read by every command", function()
      make(name)
      run "migrate"
      for _, words in ipairs { { "session", "list" }, { "persona", "list" }, { "stats" }, { "check", "--full" },
        { "export", "--all" }, { "recall", "car" }, { "search", "lift" }, { "backup", "." } } do
        run(table.unpack(words))
      end
      for id in sqlite("SELECT id FROM sessions"):gmatch "[^\n]+" do
        for _, words in ipairs { { "message", "list", id }, { "pin", "list", id }, { "summary", "list", id },
          { "stats", id }, { "context", id, "car", "--explain" }, { "context", id, "--messages" },
          { "score", id, "--dry-run" }, { "export", id }, { "session", "show", id } } do
          run(table.unpack(words))
        end
      end
    end)

    it("in the state '" .. name .. "' can be written by both in turn", function()
      if state.empty then return end
      make(name)
      run "migrate"
      sqlite(original.WRITES)
      local _, listed = run("message", "list", "Garden", "--json")
      local texts = {}
      for i, row in ipairs(kalito.json.decode(listed)) do texts[i] = row.text end
      assert.are.same({ "When do I plant tomatoes?", "After the last frost, in May.", "Water the zinnias on Friday.",
        "no time zinnias", "I will remember the zinnias." }, texts)
      assert.matches("zinnias on Friday", recalled "zinnias Friday")
      assert.matches("marigolds", select(2, run("search", "marigolds")))
      assert.are.equal(0, (run("add", "Garden", "--role", "user", "kalito was here")))
      sqlite(original.DELETES)
      -- An early file has no links from messages to sessions.
      if name ~= "early" then assert.are.equal("", recalled "zinnias") end
      assert.is_nil(select(2, run("search", "cashew")):find "cashew")
      assert.is_nil(recalled("park the car"):find("Where did we park", 1, true))
      assert.matches("next to the lift", recalled "level three lift")
      local _, remarks = run("check", "--full")
      assert.is_nil(remarks:find "search:", remarks)
      assert.is_nil(remarks:find "count of messages", remarks)
      if state.foreign then assert.matches("PRIVATE NAME", sqlite "SELECT name FROM patients") end
    end)
  end

  it("that replaces its rows leaves no ghosts of them", function()
    make "delete"
    run "migrate"
    sqlite(original.REPLACES)
    assert.matches("hazelnuts", select(2, run("search", "hazelnuts")))
    assert.matches("orchards", select(2, run("search", "orchards")))
    for _, word in ipairs { "cashew", "pistachios", "almonds", "kumquats", "parked" } do
      assert.is_nil(select(2, run("search", word)):find "pin%-1", word)
      assert.is_nil(select(2, run("search", word)):find "summary%-1", word)
    end
    assert.are.equal(0, (run("check", "--full")))
    -- A message that is replaced is not noticed by itself: nothing fires on inserting one.
    sqlite [[INSERT OR REPLACE INTO messages (id, session_id, role, text, created_at)
      VALUES (9, 'session_2', 'user', 'papayas', '2025-01-01T10:00:05.000Z')]]
    local status, remarks = run("check", "--full")
    assert.are.equal(1, status)
    assert.matches("message 9 has other words in the index than in its text", remarks)
    assert.are.equal(0, (run("optimize", "--rebuild")))
    assert.matches("papayas", select(2, run("search", "papayas")))
    assert.are.equal(0, (run("check", "--full")))
  end)

  it("whose texts may be missing can go on changing and deleting them", function()
    make "loose"
    run "migrate"
    sqlite(original.GAPS)
    assert.are.equal(0, (run("add", "Garden", "--role", "user", "kalito was here")))
    assert.matches("pin%-null%-2", select(2, run("search", "nothing")))
    assert.is_nil(select(2, run("search", "cashew")):find "cashew")
    local _, remarks = run("check", "--full")
    assert.is_nil(remarks:find "search:", remarks)
  end)

  it("shows its summaries in their place, and undoes them", function()
    make "delete"
    local _, steps = run("migrate")
    assert.matches("1 summaries archive the messages they cover", steps)
    assert.matches("summary summary%-2 of session session_2", steps)
    assert.are.equal("4\n", sqlite "SELECT boundary_id FROM sessions WHERE name = 'Trip'")
    assert.are.equal(0, (run("summary", "undo", "Trip")))
    assert.are.equal("0\n", sqlite "SELECT boundary_id FROM sessions WHERE name = 'Trip'")
    assert.are.equal(0, (run("summary", "redo", "Trip")))
  end)

  it("sorts both formats of time right", function()
    make "delete"
    local _, listed = run("session", "list", "--json")
    local list = kalito.json.decode(listed)
    assert.are.same({ "Garden", "Trip" }, { list[1].name, list[2].name })
    assert.are.equal("2025-01-01T23:00:00.000Z", list[1].updated_at)
  end)

  it("with nothing in it is no database yet", function()
    for _, bytes in ipairs { "", ("x"):rep(50) } do
      f:write("test.db", bytes)
      local status, _, err = run("session", "list")
      assert.is_true(status == 1 or status == 3, err)
      assert.matches("test%.db: is", err)
      assert.are.equal(bytes, f:read "test.db")
    end
    f:shell "rm test.db; sqlite3 test.db 'PRAGMA user_version = 0; VACUUM'"
    local status, _, err = run("session", "list")
    assert.are.equal(3, status)
    assert.matches("kalito init", err)
    assert.are.equal(0, (run "init"))
    assert.are.equal(0, (run("session", "list")))
  end)
end)
