-- kalito session forget: what is gone, and who still has it.
local command = dofile "tests/fixtures/command.lua"
local kalito = require "kalito"

describe("kalito session forget", function()
  local f
  before_each(function()
    f = command.folder()
    f:shell [[kalito init; kalito session new Trip; kalito session new Home
              kalito add Trip --role user 'the code is quagga7'; kalito add Home --role user 'Quagga7 again'
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
    assert.matches("may still hold it: .*/backups/test%-", err)
    assert.is_true(holds "quagga7")
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
end)
