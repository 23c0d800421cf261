-- kalito script and session cleanup: what a user sees, and the exit status.
-- build: release
-- (policy files run in the jail, which does not live with sanitizers)
local command = dofile "tests/fixtures/command.lua"
local kalito = require "kalito"

local f
before_each(function()
  f = command.folder()
  f:shell "kalito init; kalito session new Trip; mkdir -p own/policies config/kalito"
end)
after_each(function() f:remove() end)

local function decoded(...)
  local status, out = f:run(...)
  return assert(kalito.json.decode(out)), status
end

describe("kalito script", function()
  it("lists what is in use, as lines in a pipe and as JSON", function()
    local status, out, err = f:run("script", "list")
    assert.are.equal(0, status)
    assert.are.equal("", err)
    assert.is_truthy(out:find "policies/score\tshipped\tok\t")
    local rows = decoded("script", "list", "policies", "--json")
    assert.are.equal(6, #rows)
    assert.are.equal(2, (f:run("script", "list", "nonsense")))
  end)

  it("new replaces a rule from then on, and the message says so when it breaks", function()
    local status, out = f:run("script", "new", "score")
    assert.are.equal(0, status)
    assert.are.equal(f.path .. "/config/kalito/policies/score.lua\n", out)
    assert.are.equal(0, (f:run("script", "test", "score")))
    f:write("config/kalito/policies/score.lua", "return { score = function(m)\n return 0.125 end }")
    f:run("add", "Trip", "one")
    f:write("config/kalito/policies/score.lua", "return { score = function(m)\n return m.x.y end }")
    local _, id, err = f:run("add", "Trip", "two")
    assert.are.equal("2\n", id)
    assert.is_truthy(err:find("policies/score.lua:2: ", 1, true))
    assert.are.equal(1, select(2, err:gsub("\n", "")))
    local rows = decoded("message", "list", "Trip", "--json")
    assert.are.same({ 0.125, 0.6 }, { rows[1].importance_score, rows[2].importance_score })
  end)

  it("new does not overwrite, and knows its kinds", function()
    f:run("script", "new", "score")
    local status, out, err = f:run("script", "new", "score")
    assert.are.same({ 1, "" }, { status, out })
    assert.is_truthy(err:find "is there already")
    status, out, err = f:run("script", "new", "scoer")
    assert.are.same({ 2, "" }, { status, out })
    assert.is_truthy(err:find "did you mean 'score'")
  end)

  it("new makes a command that works", function()
    f:run("script", "new", "command", "tally")
    f:run("add", "Trip", "one")
    local status, out = f:run("tally", "Trip")
    assert.are.same({ 0, "1 message\n" }, { status, out })
    assert.is_truthy(select(2, f:run "--help"):find "tally")
  end)

  it("which shows the search order with the winner", function()
    f:write("own/policies/score.lua", "return { score = function() return 0 end }")
    local _, out = f:shell "KALITO_PATH=$PWD/own kalito script which policies/score"
    local lines = {}
    for line in out:gmatch "[^\n]+" do lines[#lines + 1] = line end
    assert.are.equal("used\t$KALITO_PATH\t" .. f.path .. "/own/policies/score.lua", lines[1])
    assert.is_truthy(lines[2]:find "^%-\tconfig\t")
    assert.is_truthy(lines[#lines]:find "^hidden\tshipped\t")
    _, out = f:run("--scripts", f.path .. "/own", "script", "which", "score")
    assert.is_truthy(out:find "^used\t%-%-scripts\t")
    assert.are.equal(3, (f:run("script", "which", "nothing")))
  end)

  it("test counts, shows differences, and fails with status 1", function()
    local status, out = f:run("script", "test")
    assert.are.equal(0, status)
    assert.is_truthy(out:find "\n%d+ passed, 0 failed\n$")
    local path = f:write("mine.lua", [[return { score = function(m) return 0.5, { { "mine", 0.5 } } end, tests = {
      { name = "half", given = { message = { role = "user", text = "x" } }, expect = { score = 0.5 } },
      { name = "not half", given = { message = { role = "user", text = "x" } }, expect = { score = 0.75 } },
    } }]])
    status, out = f:run("script", "test", path)
    assert.are.equal(1, status)
    assert.is_truthy(out:find("  FAIL  not half\n          score: expected 0.75, got 0.5\n", 1, true))
    assert.is_truthy(out:find ", 1 failed\n$")
    assert.is_nil(out:find "  ok    half")
    assert.is_truthy(select(2, f:run("script", "test", path, "--verbose")):find "  ok    half")
    local result
    result, status = decoded("script", "test", path, "--json")
    assert.are.same({ 1, 1 }, { status, result.failed })
    assert.are.equal(3, (f:run("script", "test", "nothing.lua")))
  end)

  it("test shows what a file says, and obeys nothing of it", function()
    local path = f:write("score.lua", "return { score = function() error('a\\27[2Jb\\nc') end, tests = "
      .. "{ { name = 'x\\27[2Jy', given = { message = { text = 'x' } }, expect = {} } } }")
    local status, out, err = f:run("script", "test", path)
    assert.are.equal(1, status)
    assert.is_nil((out .. err):find "\27")
  end)

  it("doc explains every kind, and hints at the nearest", function()
    for _, kind in ipairs { "score", "pin", "summarize", "context", "recall", "retain", "persona", "provider",
      "command" } do
      local status, out = f:run("script", "doc", kind)
      assert.are.equal(0, status)
      assert.is_truthy(out:find "\nFunctions:\n")
      assert.is_truthy(out:find "\nExample")
    end
    local status, _, err = f:run("script", "doc", "scoer")
    assert.are.equal(3, status)
    assert.is_truthy(err:find "did you mean 'score'%?%): command, context, persona")
    local _, _, new = f:run("script", "new", "scoer")
    assert.are.equal(err:match "^[^\n]+", new:match "^[^\n]+")
  end)

  it("says that the settings are wrong, once, with line and nearest name, and goes on", function()
    f:write("config/kalito/config.lua", "return {\n  policies = {\n    score = { qestion = 0.1 } } }")
    local status, out, err = f:run("add", "Trip", "Where did we park?")
    assert.are.same({ 0, "1\n" }, { status, out })
    assert.are.equal("kalito: " .. f.path .. "/config/kalito/config.lua:3: unknown option 'qestion' (did you mean "
      .. "'question'?): the defaults are used\n", err)
  end)
end)

describe("kalito session cleanup", function()
  it("shows what the retain policy would do and why, then does it", function()
    f:run("session", "new", "Scratch", "--temporary")
    local status, out, err = f:run("session", "cleanup")
    assert.are.same({ 0, "", "0 deleted, 0 archived, 2 kept\n" }, { status, out, err })
    status, out, err = f:run("session", "cleanup", "--older-than", "0m", "--dry-run")
    assert.are.equal(0, status)
    assert.is_truthy(out:find "^delete\t.*\tScratch\t0\ttemporary, and not used for")
    assert.are.equal("1 would be deleted, 0 would be archived, 1 kept\n", err)
    assert.are.equal(2, #decoded("session", "list", "--json"))
    f:run("session", "cleanup", "--older-than", "0m")
    assert.are.equal(1, #decoded("session", "list", "--json"))
    assert.are.equal(2, (f:run("session", "cleanup", "--older-than", "soon")))
  end)

  it("archives old saved sessions when the settings say so", function()
    f:write("config/kalito/config.lua", "return { policies = { retain = { archive_days = 0.000001 } } }")
    f:shell "sleep 0.2"
    local _, out = f:run("session", "cleanup")
    assert.is_truthy(out:find "^archive\t.*\tTrip\t")
    assert.are.equal(1, #decoded("session", "list", "--archived", "--json"))
  end)
end)
