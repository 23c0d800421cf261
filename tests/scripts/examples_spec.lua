-- The worked examples, on the database that the sample conversations make.
local command = dofile "tests/fixtures/command.lua"

local function here()
  local pipe <close> = assert(io.popen "pwd")
  return pipe:read "l"
end

local examples = here() .. "/scripts/examples/"

describe("the example", function()
  local f
  before_each(function()
    f = command.folder()
    assert(0 == f:shell("kalito init; kalito import '" .. examples .. "sample.jsonl'"))
  end)
  after_each(function() f:remove() end)

  local function run(name, ...)
    return f:run("run", examples .. name .. ".lua", ...)
  end

  local function count(what)
    return tonumber((select(2, f:run("-e", "db = kalito.open 'test.db' print(db." .. what .. ")"))))
  end

  local function lines(text)
    return select(2, text:gsub("\n", ""))
  end

  it("pin_decisions pins decisions of the user, with their source, and none twice", function()
    local status, out, err = run("pin_decisions", "test.db")
    assert.are.equal(0, status)
    assert.truthy(out:find("Harbour house\t2025%-03%-%d%d\tWe decided on Halvard for the roof."))
    assert.falsy(out:find "still haven't decided")
    assert.falsy(out:find "remind me")
    assert.truthy(lines(out) >= 6, out)
    assert.are.equal(lines(out) .. " pinned\n", err)
    assert.are.equal(lines(out), count "pin.count { pin_type = 'auto' }")
    assert.are.equal(0, count "pin.count { pin_type = 'user' }")
    assert.are.equal(1, count "message.get(tonumber(db.pin.find()[1].source_message_id)).role == 'user' and 1")
    assert.are.same({ 0, "", "0 pinned\n" }, { run("pin_decisions", "test.db") })
  end)

  it("pin_decisions takes one session", function()
    local id = select(2, f:run("-e", "print(kalito.open('test.db').session.find { name = 'tidewatch' }[1].id)"))
    local status, out = run("pin_decisions", "test.db", id:match "%S+")
    assert.are.equal(0, status)
    assert.falsy(out:find "Harbour house")
    assert.truthy(out:find "tidewatch")
  end)

  it("export_month writes the messages of that month as Markdown", function()
    local status, out, err = run("export_month", "test.db", "2025-03")
    assert.are.equal(0, status)
    local head = "# 2025-03\n\n## Harbour house\n\n### 2025-03-01\n\n**user**, 18:22\n\n> We got the keys"
    assert.are.equal(head, out:sub(1, #head))
    for day in out:gmatch "\n### ([%d-]+)\n" do assert.are.equal("2025-03", day:sub(1, 7)) end
    assert.are.equal(count "message.count { since = '2025-03-01', before = '2025-04-01' }" .. " messages\n", err)
    -- Every line of a message is quoted.
    assert.falsy(out:find "\n[%l%d]")
  end)

  it("export_month refuses what is no month", function()
    assert.are.same({ 1, "", "kalito: usage: export_month.lua DATABASE YYYY-MM\n" },
      { run("export_month", "test.db", "2025-13") })
  end)

  it("duplicate_pins finds pins that say the same, and deletes the less important", function()
    f:write("pins.lua", [[
      local db <close> = assert(kalito.open "test.db")
      local one, two = db.session.find()[1].id, db.session.find()[2].id
      local function add(session, content, importance)
        assert(db.pin.add { session = session, content = content, importance_score = importance })
      end
      add(one, "The roof is done by Halvard for 9,400 euros", 0.6)
      add(one, "The roof is done by Halvard for 9,400 euros.", 0.9)
      add(one, "Pickle eats plaster", 0.9)
      add(two, "the roof is done by halvard for 9,400 euros", 0.9)
    ]])
    f:run("run", "pins.lua")
    local status, out, err = run("duplicate_pins", "test.db")
    assert.are.same({ 0, "1 found\n" }, { status, err })
    assert.truthy(out:find "^1%.00\t.*9,400 euros%.\tThe roof is done by Halvard for 9,400 euros\n$")
    assert.are.equal(4, count "pin.count()")
    assert.are.same({ 0, out, "1 deleted\n" }, { run("duplicate_pins", "test.db", "delete") })
    assert.are.equal(3, count "pin.count()")
    assert.are.equal(0, count "pin.count { min_importance = 0.5 } - 3")
    assert.are.same({ 0, "", "0 found\n" }, { run("duplicate_pins", "test.db") })
  end)

  it("move_persona moves a persona with its id, and gives its sessions the default one", function()
    f:shell "kalito persona new Guide --prompt 'Be brief.' --temperature 0.5; kalito session new Tour --persona Guide"
    f:shell "kalito --db other.db init --no-personas"
    local id = select(2, f:run("-e", "print(kalito.open('test.db').persona.find { name = 'Guide' }[1].id)")):match "%S+"
    local status, out = run("move_persona", "test.db", "other.db", "Guide")
    assert.are.equal(0, status)
    assert.truthy(out:find("moved Guide (" .. id .. "), 0 sessions", 1, true), out)
    assert.are.equal(0, count "persona.count { name = 'Guide' }")
    assert.are.equal("assistant\n", (select(2, f:run("-e", [[
      local db = kalito.open "test.db"
      print(db.persona.get(db.session.find { name = "Tour" }[1].persona).name)]]))))
    assert.are.equal("Be brief.\t0.5\n", (select(2, f:run("-e", ([[
      local p = kalito.open("other.db").persona.get "%s"
      print(p.prompt, p.temperature)]]):format(id)))))
  end)

  it("move_persona changes nothing when it cannot", function()
    f:shell "kalito --db other.db init"
    local status, _, err = run("move_persona", "test.db", "other.db", "nobody")
    assert.are.same({ 1, "kalito: 0 personas are called nobody in test.db\n" }, { status, err })
    status, _, err = run("move_persona", "test.db", "other.db", "tutor")
    assert.are.equal(1, status)
    assert.truthy(err:find "default" or err:find "already")
    assert.are.equal(1, count "persona.count { name = 'tutor' }")
  end)

  it("rescore_report reports what a rule changes, and stores it when told to", function()
    f:write("rule.lua", "return function(m) return m.role == 'user' and 0.9 or 0.1, { { 'role', 1 } } end")
    local before = select(2, f:run("-e", "print(kalito.open('test.db').message.get(1).importance_score)"))
    local status, out = run("rescore_report", "test.db", "rule.lua")
    assert.are.equal(0, status)
    assert.truthy(out:find "== Harbour house\n0%.0%-0%.1 ")
    assert.truthy(out:find "would change 397 of 400 messages\n$", out)
    assert.are.equal(before, (select(2, f:run("-e", "print(kalito.open('test.db').message.get(1).importance_score)"))))
    status, out = run("rescore_report", "test.db", "rule.lua", "write")
    assert.are.equal(0, status)
    assert.truthy(out:find "changed 397 of 400 messages\n$")
    assert.are.equal(count "message.count { role = 'user' }", count "message.count { min_importance = 0.9 }")
    assert.truthy(select(2, run("rescore_report", "test.db", "rule.lua")):find "would change 0 of 400")
  end)

  it("rescore_report ends with the error of the rule, and changes nothing", function()
    local all = "for m in kalito.open('test.db').message.each() do print(m.id, m.importance_score) end"
    local before = select(2, f:run("-e", all))
    f:write("rule.lua", "return function(m) return m.nothing.at_all end")
    local status, _, err = run("rescore_report", "test.db", "rule.lua", "write")
    assert.are.equal(1, status)
    assert.truthy(err:find("rule.lua:1: attempt to index a nil value", 1, true))
    assert.are.equal(before, (select(2, f:run("-e", all))))
  end)

  it("nightly summarises every session that needs it, and keeps the newest backups", function()
    local before = count "message.count()"
    f:shell [[mkdir backups; kalito -e 'local db = kalito.open "test.db"
      db.session.add { name = "Scratch", saved = false, updated_at = "2020-01-01" }']]
    local status, out = run("nightly", "test.db", "backups", 1, "extract")
    assert.are.equal(0, status)
    assert.truthy(out:find "Harbour house\t%d+ messages\textract\n")
    assert.truthy(out:find "delete\tScratch\ttemporary, and not used for %d+ days\n")
    assert.truthy(count "summary.count()" > 0)
    assert.are.equal(before, count "message.count()")
    status, out = run("nightly", "test.db", "backups", 1, "extract")
    assert.are.equal(0, status)
    assert.falsy(out:find "extract")
    assert.truthy(out:find "removed\t")
    assert.are.equal("1\n", (select(2, f:shell "ls backups | wc -l"):gsub(" ", "")))
  end)

  it("says how it is used, in its first lines and without arguments", function()
    for _, name in ipairs { "pin_decisions", "export_month", "duplicate_pins", "move_persona", "rescore_report",
      "nightly" } do
      local file <close> = assert(io.open(examples .. name .. ".lua"))
      local text = file:read "a"
      assert.truthy(text:find "^#!/usr/bin/env kalito\n%-%- ")
      assert.truthy(text:find("\n--   kalito run " .. name .. ".lua ", 1, true))
      local status, _, err = run(name)
      assert.are.equal(1, status)
      assert.truthy(err:find("usage: " .. name .. ".lua", 1, true), err)
    end
  end)
end)
