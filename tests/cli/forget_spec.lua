-- kalito session forget: what is gone, and who still has it.
local command = dofile "tests/fixtures/command.lua"
local kalito = require "kalito"

describe("kalito session forget", function()
  local f
  before_each(function()
    f = command.folder()
    f:shell [[kalito init; kalito session new Trip; kalito session new Home
              kalito add Trip --role user 'hello quagga7, hello'; kalito add Home --role user 'Quagga7 again'
              kalito add Home --role user 'something else']]
  end)
  after_each(function() f:remove() end)

  local function holds(words)
    return (f:shell("cat test.db test.db-wal 2>/dev/null | grep -qai " .. words)) == 0
  end

  it("removes a session for good and names the backups that hold it", function()
    f:shell "kalito backup"
    local status, _, err = f:run("session", "forget", "Trip")
    assert.are.equal(0, status)
    assert.matches("still holds it: .*/backups/test%-", err)
    assert.is_true(holds "quagga7")
    f:run("session", "new", "Later")
    assert.are.equal("", select(3, f:run("session", "forget", "Later"))) -- it is in no backup
    assert.are.equal(0, (f:run("session", "forget", "Home")))
    assert.is_false(holds "quagga7")
  end)

  it("removes what holds a text, after showing it", function()
    local _, shown = f:run("session", "forget", "--like", "QUAGGA7", "--dry-run", "--json")
    assert.are.equal(2, #kalito.json.decode(shown))
    assert.is_true(holds "quagga7")
    local status, out = f:run("session", "forget", "--like", "QUAGGA7")
    assert.are.same({ 0, "forgot 2 rows\n" }, { status, out })
    assert.is_false(holds "quagga7")
    assert.matches("something else", select(2, f:run("message", "list", "Home")))
    assert.are.equal(2, (f:run("session", "forget")))
  end)

  it("shows all that would go, in any case, and tells what it leaves", function()
    f:shell [[kalito add Trip --role user 'Herr MÜLLER'; kalito pin add Home 'müller'; kalito backup
      kalito session rename Home Müller; kalito session new Müllers
      kalito persona new p --prompt 'Ask Müller'; mkdir -p state/kalito; echo 'print "müller"' >state/kalito/history]]
    local line = "XDG_STATE_HOME=$PWD/state kalito session forget --like müller"
    local _, shown, err = f:shell(line .. " --dry-run --json")
    local kinds = {}
    for i, row in ipairs(kalito.json.decode(shown)) do kinds[i] = row.kind end
    assert.are.same({ "message", "pin", "name", "name" }, kinds)
    assert.matches("would forget 4 rows", err)
    local status, out
    status, out, err = f:shell(line)
    assert.are.same({ 0, "forgot 4 rows\n" }, { status, out })
    assert.matches("a backup still holds it: ", err)
    assert.matches("the persona p holds it", err)
    assert.matches("history of the prompt holds it: .*/state/kalito/history", err)
    assert.is_false(holds "Herr")
    -- A backup without it is not named.
    f:shell "kalito add Trip --role user zebra4"
    assert.are.same({ 0, "forgot 1 row\n", "" }, { f:run("session", "forget", "--like", "ZEBRA4") })
  end)

  it("looks for no text that is too short to mean anything", function()
    local status, _, err = f:run("session", "forget", "--like", "Z")
    assert.are.equal(2, status)
    assert.matches("^kalito: %-%-like must have at least 3 bytes\n", err)
  end)
end)
