-- kalito backup and restore: what is written, what is listed, what may go.
local command = dofile "tests/fixtures/command.lua"
local kalito = require "kalito"

describe("kalito backup", function()
  local f
  before_each(function()
    f = command.folder()
    f:shell "kalito init; kalito session new Trip; kalito add Trip --role user 'Where did we park?'"
  end)
  after_each(function() f:remove() end)

  local function backup(...)
    local status, out, err = f:run("backup", "--json", ...)
    assert.are.equal(0, status, err)
    return assert(kalito.json.decode(out))
  end

  it("goes to the data folder when nobody says otherwise", function()
    local status, out = f:run "backup"
    assert.are.equal(0, status)
    assert.matches("/data/kalito/backups/test%-%d+T%d+Z%-%x+%.db\n$", out)
    local _, listed = f:run("backup", "list", "--json")
    local list = kalito.json.decode(listed)
    assert.are.equal(1, #list)
    assert.are.equal(1, list[1].messages)
    assert.are.equal("backup", list[1].kind)
  end)

  it("keeps the newest ones of this database and leaves all others alone", function()
    f:shell "mkdir b"
    for _ = 1, 4 do backup "b" end
    f:shell "kalito --db other.db init; kalito --db other.db backup b; cp test.db b/mine.db"
    local made = backup("--keep", 2, "b")
    assert.are.equal(3, #made.removed)
    local _, names = f:shell "ls b"
    assert.matches("mine%.db", names)
    assert.matches("other%-", names)
    assert.are.equal(2, select(2, names:gsub("test%-", "")))
    assert.is_truthy(names:find(made.path:match "[^/]+$", 1, true))
  end)

  it("is verified by reading all of it", function()
    local made = backup "."
    assert.are.equal(0, (f:run("backup", "verify", made.path)))
    f:shell("printf x | dd of=" .. command.quote(made.path) .. " bs=1 seek=9000 conv=notrunc")
    local status, _, err = f:run("backup", "verify", made.path)
    assert.are.equal(1, status)
    assert.matches("its content is not the one that its name says", err)
    assert.are.equal(3, (f:run("backup", "verify", "none.db")))
    f:run("backup", "mine.db")
    assert.matches("no check of its content", select(3, f:run("backup", "verify", "mine.db")))
  end)

  it("says what is wrong with a target", function()
    assert.are.equal(1, (f:shell "kalito backup test.db"))
    assert.are.equal(3, (f:shell "kalito backup none/x.db"))
    assert.are.equal(2, (f:shell "kalito backup --keep 0 ."))
    assert.are.equal(2, (f:shell "kalito backup verify"))
    local status, out = f:shell "kalito backup --help"
    assert.are.equal(0, status)
    assert.matches("verify", out)
  end)

  it("is what the database becomes again", function()
    local made = backup "."
    f:shell "kalito add Trip --role user 'Level 3'; kalito session delete Trip"
    local status, out, err = f:run("restore", made.path)
    assert.are.equal(0, status)
    assert.matches("is what", out)
    assert.matches("test%-before%-restore%-", err)
    local _, shown = f:shell "kalito message list Trip"
    assert.matches("Where did we park", shown)
    assert.are.equal(0, (f:shell "kalito check --full"))
  end)

  it("is not restored over another database, or over one in use", function()
    local made = backup "."
    f:shell "kalito --db other.db init"
    local status, _, err = f:run("--db", "other.db", "restore", made.path)
    assert.are.equal(1, status)
    assert.matches("backup of another database", err)
    assert.are.equal(0, (f:run("--db", "other.db", "restore", "--other", made.path)))
    status, _, err = f:shell([[
      kalito -e 'local db = kalito.open "test.db"; db.session.find(); io.open("ready", "w"):close();
                 while not io.open "go" do end' &
      while [ ! -e ready ]; do sleep 0.01; done
      kalito restore ]] .. command.quote(made.path) .. "; s=$?; touch go; wait; exit $s")
    assert.are.equal(1, status)
    assert.matches("others have the database open", err)
  end)
end)
