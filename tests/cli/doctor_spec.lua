-- kalito doctor: what a user sees, and the exit status.
-- build: release
local command = dofile "tests/fixtures/command.lua"
local kalito = require "kalito"

describe("kalito doctor", function()
  local f
  before_each(function()
    f = command.folder()
    f:shell "kalito init"
  end)

  it("names versions, the database, the jail and the scripts, and finds nothing to mend", function()
    local status, out = f:run "doctor"
    assert.are.equal(0, status)
    assert.is_truthy(out:find("- kalito " .. kalito._VERSION, 1, true))
    assert.is_truthy(out:find "SQLite %d+%.%d+")
    assert.is_truthy(out:find "database .-: schema %d+")
    assert.is_truthy(out:find "seccomp")
    assert.is_truthy(out:find "all scripts are the shipped ones")
  end)

  it("names the newest backup and how old it is", function()
    f:shell "kalito backup"
    local _, out = f:run "doctor"
    assert.is_truthy(out:find "newest backup: [^\n]+, 0 days old\n", out)
  end)

  it("names a broken script with its line, and the database that others can read", function()
    f:shell "mkdir -p config/kalito/policies"
    f:write("config/kalito/policies/score.lua", "return {\n  score = function( }\n")
    local status, out = f:run("doctor", "--json")
    assert.are.equal(1, status)
    local found = kalito.json.decode(out)
    assert.is_true(found.wrong >= 1)
    local said = ""
    for _, remark in ipairs(found.remarks) do said = said .. remark.what .. "\n" end
    assert.is_truthy(said:find "policies/score is broken: .-score%.lua:2: ")
  end)

  it("names who has the database open, the room on its disk, and rows that are wrong", function()
    f:shell [[sqlite3 test.db "UPDATE personas SET temperature = 9"]]
    local status, out = f:shell [[
      kalito -e 'local db = kalito.open "test.db"; db.begin(); io.open("ready", "w"):close()
                 while not io.open "go" do end' &
      while [ ! -e ready ]; do sleep 0.01; done
      kalito doctor; s=$?; touch go; wait; exit $s]]
    assert.are.equal(1, status)
    assert.is_truthy(out:find "process %d+ has the database open, writing: ")
    assert.is_truthy(out:find "free on the disk")
    assert.is_truthy(out:find "! personas with a temperature")
  end)

  it("advises to check a file that is damaged, and makes none that is missing", function()
    f:write("test.db", "SQLite format 3\0" .. ("x"):rep(5000))
    local status, out = f:run "doctor"
    assert.are.equal(1, status)
    assert.is_truthy(out:find("kalito check", 1, true))
    os.remove(f.path .. "/test.db")
    assert.is_truthy(select(2, f:run "doctor"):find("kalito init", 1, true))
    assert.is_nil(f:read "test.db")
  end)
end)
