-- kalito stats: figures for people, for a pipe and for programs.
local command = dofile "tests/fixtures/command.lua"
local kalito = require "kalito"

describe("kalito stats", function()
  local f
  before_each(function()
    f = command.folder()
    f:write("a.jsonl", [[
{"session":"Trip","role":"user","text":"Where did we park?","importance":0.8,"created_at":"2025-01-01T00:00:00Z"}
{"session":"Trip","role":"assistant","text":"Level 3.","importance":1,"model":"m1","created_at":"2025-01-02"}
{"session":"Other","role":"tool","text":"12","importance":0,"model":"m2","created_at":"2025-01-03"}
]])
    f:shell "kalito init; kalito import a.jsonl; kalito pin add Trip 'Level 3'"
  end)
  after_each(function() f:remove() end)

  local function figures(...)
    local status, out = f:run("stats", "--json", ...)
    assert.are.equal(0, status)
    return assert(kalito.json.decode(out))
  end

  it("gives everything to programs", function()
    local all = figures()
    assert.are.equal(2, all.sessions)
    assert.are.equal(3, all.messages)
    assert.are.same({ 1, 1, 0, 1 }, { all.user, all.assistant, all.system, all.tool })
    assert.are.same({ 4, 1, 0, 0 }, { all.personas, all.pins, all.summaries, all.archived })
    assert.are.same({ "2025-01-01T00:00:00.000Z", "2025-01-03T00:00:00.000Z" }, { all.oldest, all.newest })
    assert.are.same({ 1, 0, 0, 0, 0, 0, 0, 0, 1, 1 }, { table.unpack(all.importance) })
    assert.are.equal(2, #all.usage)
    assert.is_true(all.size.file > 0 and all.tokens > 0)
    assert.is_nil(all.context)
  end)

  it("sets the live part of a session against the budget", function()
    local trip = figures("Trip", "--budget", 100)
    assert.are.equal("Trip", trip.name)
    assert.are.equal(2, trip.messages)
    assert.are.equal(100, trip.context.budget)
    assert.are.equal(trip.tokens + 8, trip.context.tokens)
    assert.are.equal(trip.context.tokens / 100, trip.context.fill)
    assert.are.equal(4000, figures("Trip").context.budget)
  end)

  it("is lines of name and value in a pipe", function()
    local _, out = f:run "stats"
    assert.is_truthy(out:find "\nmessages\t3 %(user 1, assistant 1, tool 1%)\n")
    assert.is_truthy(out:find "\nimportance 0.8%-0.9\t1\n")
    assert.is_truthy(out:find "\nmodel m1\t1\t0\t\n")
  end)

  it("says how a model counts tokens, once that was measured", function()
    local db = assert(kalito.open(f.db))
    assert(db.model.add { id = "m1", ratio = 1.5, turns = 3 })
    assert(db.model.add { id = "m2", ratio = 1, turns = 0 })
    db.close()
    local _, out = f:run "stats"
    assert.is_truthy(out:find "\nmodel m1\t1\t0\t1.50\n")
    assert.is_truthy(out:find "\nmodel m2\t1\t0\t\n")
  end)

  it("draws a chart on a terminal", function()
    local out = f:on_terminal(command.program .. " stats")
    assert.is_truthy(out:find "importance\r?\n +0.0%-0.1 +1 #+\r?\n")
  end)

  it("of an empty database has zeros, and of none at all fails", function()
    f:shell "kalito --db e.db init --no-personas"
    assert.are.equal(0, (f:run("--db", "e.db", "stats")))
    assert.are.equal(3, (f:run("--db", "none.db", "stats")))
    assert.are.equal(3, (f:run("stats", "Nobody")))
    assert.are.equal(2, (f:run("stats", "Trip", "--budget", "0")))
    assert.is_nil(f:read "none.db")
  end)
end)
