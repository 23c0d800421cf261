-- Retention: the rule, and what applying it does to sessions.
local kalito = require "kalito"
local retention = require "kalito.memory.retention"
local trial = require "kalito.policy.trial"
local homes = dofile "tests/fixtures/home.lua"

for _, kind in ipairs { "retain", "recall", "score", "context" } do
  describe("the shipped rule of " .. kind, function()
    local result = trial.run(kind, { name = "policies/" .. kind, origin = "shipped", shipped = true,
      source = kalito.embedded("policies/" .. kind) })
    for _, test in ipairs(result.tests) do
      it("passes: " .. test.name, function() assert.are.same({}, { table.unpack(test.problems) }) end)
    end
  end)
end

describe("retention", function()
  local home, db
  before_each(function()
    home = homes.new()
    home:chat()
    db = home.db
  end)
  after_each(function() home:close() end)

  local function names(rows)
    local list = {}
    for i, row in ipairs(rows) do list[i] = row.name .. " " .. row.decision end
    table.sort(list)
    return list
  end

  it("reads ages", function()
    assert.are.same({ 30, 7, 0.25, 0.125 }, { retention.days "30d", retention.days "1w", retention.days "6h",
      retention.days "180m" })
    for _, text in ipairs { "", "d", "30", "-1d", "1.5d", "30 d", "30y" } do assert.is_nil(retention.days(text)) end
  end)

  it("deletes temporary sessions that nobody used, and keeps saved ones", function()
    db.session.add { name = "Scratch", saved = false }
    local rows, kept = retention.run(db, {})
    assert.are.same({}, names(rows))
    assert.are.equal(2, kept)
    rows, kept = retention.run(db, { days = 0 })
    assert.are.same({ "Scratch delete" }, names(rows))
    assert.is_true(rows[1].done)
    assert.are.equal(1, kept)
    assert.are.equal(1, db.session.count())
  end)

  it("only shows, with reasons, when it is asked to", function()
    db.session.add { name = "Scratch", saved = false }
    local rows = retention.run(db, { days = 0, dry_run = true })
    assert.are.same({ "Scratch delete" }, names(rows))
    assert.is_false(rows[1].done)
    assert.is_truthy(rows[1].reason:find "temporary")
    assert.are.equal(2, db.session.count())
  end)

  it("archives once, and touches nothing of the session", function()
    home:config("policies/retain.lua", "return { decide = function(s) return 'archive', 'all of them' end }")
    kalito.policy.use("retain", nil)
    local before = db.session.find { scope = "all" }[1]
    assert.are.same({ "Trip archive" }, names(retention.run(db, {})))
    local after = db.session.get(before.id)
    assert.is_truthy(after.archived_at)
    assert.are.equal(before.updated_at, after.updated_at)
    assert.are.same({}, names(retention.run(db, {})))
  end)

  it("deletes nothing when the user's rule is broken, or his settings are", function()
    db.session.add { name = "Scratch", saved = false, updated_at = "2020-01-01T00:00:00.000Z" }
    assert.are.same({ "Scratch delete" }, names(retention.run(db, { dry_run = true })))
    for _, rule in ipairs { "return { decide = function(s) return 'destroy' end }", "return { decide =",
      "return { decide = function(s) return 5 end }", "return { decide = function(s) while true do end end }",
      "return { decide = function(s) return io.open 'x' end }" } do
      home:config("policies/retain.lua", rule)
      kalito.policy.use("retain", nil)
      local rows, message, code = retention.run(db, {})
      assert.are.same({ nil, "policy" }, { rows, code })
      assert.is_truthy(message:find "nothing is deleted or archived$")
      assert.are.equal(2, db.session.count())
    end
    os.remove(home.path .. "/.config/kalito/policies/retain.lua")
    home:config("config.lua", "return { policies = { retain = { dayz = 3650 } } }")
    kalito.config.reload()
    kalito.policy.use("retain", nil)
    local rows, message = retention.run(db, {})
    assert.is_nil(rows)
    assert.is_truthy(message:find "config.lua:1: unknown option 'dayz'.*nothing is deleted")
    assert.are.equal(2, db.session.count())
  end)

  it("refuses an age when the rule in use knows none", function()
    home:config("policies/retain.lua", "return { decide = function(s) return 'delete' end }")
    kalito.policy.use("retain", nil)
    local rows, message, code = retention.run(db, { days = 7 })
    assert.is_nil(rows)
    assert.are.equal("usage", code)
    assert.is_truthy(message:find "has no option `days`")
    assert.are.equal(1, db.session.count())
  end)

  it("leaves a session alone that is saved between the look and the deed", function()
    local id = assert(db.session.add { name = "Scratch", saved = false }).id
    local begin = db.begin
    local spy = setmetatable({ begin = function(...)
      db.session.set { id = id, saved = true }
      return begin(...)
    end }, { __index = db })
    local rows = retention.run(spy, { days = 0 })
    assert.is_false(rows[1].done)
    assert.is_truthy(db.session.get(id))
  end)
end)
