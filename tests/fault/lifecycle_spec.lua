-- build: test
-- kill -9 at each step of the life of a memory: before every call that changes a file (fixtures/killer.c). What is on
-- the disk afterwards is the state before the step, the state after it, or one that the step is known to pass through:
-- in this order, never back, so that nothing is lost and nothing is there twice.
local command = dofile "tests/fixtures/command.lua"
local chats = dofile "tests/fixtures/chat.lua"
local cards = dofile "tests/fixtures/cards.lua"
local kalito = require "kalito"

local LONG = os.getenv "KALITO_LONG"
local KILLER = (os.getenv "KALITO_TESTS" or "build/test/tests") .. "/killer.so"
if KILLER:sub(1, 1) ~= "/" then KILLER = command.program:gsub("build/.*", "") .. KILLER end

local s, f
setup(function() s = chats.server() end)
teardown(function() s:stop() end)
before_each(function() f = command.folder() end)
after_each(function() f:remove() end)

local function sh(line, environment)
  return f:shell(("export OLLAMA_HOST=%s %s; %s"):format(s.url, environment or "", line))
end

local function must(line)
  local status, out, err = sh(line)
  assert.are.equal(0, status, line .. "\n" .. err)
  return (out:gsub("\n$", ""))
end

-- ---- what is on the disk ----

local COUNTS = { "kalito_turns WHERE reply_id IS NOT NULL", "kalito_undone", "kalito_rejected", "kalito_cards",
  "personas", "kalito_models" }

-- Everything that a step may change, as one text. Ids that are minted anew do not count.
local function state()
  local db <close> = assert(kalito.open(f.db))
  local list = {}
  local function note(...) list[#list + 1] = table.concat({ ... }, " | ") end
  for session in db.session.each {} do
    note("session", session.name or "", session.message_count, session.boundary_id, session.model or "",
      (db.persona.get(session.persona or "") or {}).name or "")
    assert.is_nil(chats.fault(db, session.id))
    for row in db.message.each { session = session.id } do
      note(row.id, row.role, row.text, ("%.3f"):format(row.importance_score), row.score_reasons or "")
    end
    for _, row in ipairs(db.pin.find { session = session.id }) do
      note("pin", row.content, row.pin_type, row.importance_score, row.source_message_id or "")
    end
    for _, row in ipairs(db.summary.find { session = session.id }) do
      note("summary", row.start_message_id, row.end_message_id, row.message_count, row.level, row.origin,
        row.parent and "covered" or "")
    end
  end
  for _, from in ipairs(COUNTS) do note(from, db.sql("SELECT count(*) AS n FROM " .. from)[1].n) end
  for _, remark in ipairs(assert(db.check "full")) do assert.is_false(remark.wrong, remark.what) end
  return table.concat(list, "\n")
end

-- ---- killing ----

local function restore()
  os.execute(("cd %s && rm -f test.db-* && cp base.db test.db"):format(command.quote(f.path)))
end

-- The number of calls of a command that may be killed.
local function calls(line)
  restore()
  local status, _, err = sh(line, ("KILL_COUNT=%s/count LD_PRELOAD=%s"):format(f.path, KILLER))
  assert.are.equal(0, status, err)
  return tonumber(f:read "count")
end

---Kills a command at every step that it takes; `passes` says how many states lie between its first and its last one.
---`again` is what brings every state to the last one; by default the command itself, where it had not come to its end.
local function kill_everywhere(line, passes, again)
  must "cp test.db base.db"
  local first, total = state(), calls(line)
  local last = state()
  assert.are_not.equal(first, last)
  local seen, at = { first }, first
  for n = 1, total, LONG and 1 or math.max(1, total // 30) do
    restore()
    local status = sh(line, ("KILL_AT=%d LD_PRELOAD=%s"):format(n, KILLER))
    assert.are.equal(137, status)
    local now = state()
    if now ~= at then
      for _, old in ipairs(seen) do assert.are_not.equal(old, now, "it went back at call " .. n) end
      seen[#seen + 1], at = now, now
    end
    if now ~= last then
      must(again or line)
      assert.are.equal(last, state(), "after call " .. n)
    end
  end
  assert.are.equal(last, at)
  assert.is_true(#seen <= passes + 2, #seen .. " states")
end

local function talk(n)
  local list = {}
  for i = 1, n do
    list[i] = ('{"session":"Trip","role":"%s","text":"Sentence %d is about boat number %d in Oslo."}'):format(
      i % 2 == 1 and "user" or "assistant", i, i)
  end
  f:write("talk.jsonl", table.concat(list, "\n") .. "\n")
  must "kalito init && kalito import talk.jsonl"
end

describe("kill -9 before any call loses nothing and doubles nothing:", function()
  before_each(function() talk(12) end)

  it("a message that is added with its pin", function()
    kill_everywhere("$KALITO add Trip --id x 'Please remember that the key hangs in the shed.'", 0)
  end)

  it("messages that are scored anew", function()
    f:write("low.lua", 'return { name = "score", describe = "low", score = function() return 0.25, {} end }')
    kill_everywhere("$KALITO score Trip --policy low.lua", 0)
  end)

  it("a pin that is added, accepted, rejected, removed", function()
    must "kalito add Trip 'Please remember that the key hangs in the shed.'"
    kill_everywhere("$KALITO pin add Trip 'Tea at five' --source 3", 0)
    local id = kalito.json.decode(must "kalito pin list Trip --auto --json")[1].id
    kill_everywhere("$KALITO pin accept " .. id, 0)
    restore()
    kill_everywhere("$KALITO pin reject " .. id, 0)
    restore()
    kill_everywhere("$KALITO pin delete " .. id, 0)
  end)

  it("a message that is edited", function()
    kill_everywhere("$KALITO message set 3 --text 'What is the name of the harbour?'", 0)
  end)

  -- The model that was named is kept first, then the question.
  it("a reply that is stored with its trace", function()
    f:write("again.lua", [[
local db <close> = assert(kalito.open(os.getenv "KALITO_DB"))
local s = db.session.find({ name = "Trip" })[1]
local chat, options = kalito.conversation(db, s.id), { model = "ollama:plain" }
local last = db.message.find({ session = s.id, order = "newest", limit = 1 })[1]
if last.text == "Where did we park?" then
  assert(chat:retry(options))
else
  assert(chat:ask("Where did we park?", options))
end
]])
    kill_everywhere("echo 'Where did we park?' | $KALITO chat Trip --model ollama:plain", 2, "kalito run again.lua")
  end)

  it("a summary, the boundary, and the scores of what it covers", function()
    kill_everywhere("$KALITO summary make Trip --last 6 --no-model", 0)
    kill_everywhere("$KALITO summary undo Trip", 0)
    kill_everywhere("$KALITO summary redo Trip", 0)
  end)

  it("a persona that is imported, and deleted with its sessions given to another", function()
    f:write("card.json", cards.v2)
    kill_everywhere("$KALITO persona import card.json", 0)
    must "kalito session new Cave --persona Ember"
    kill_everywhere("$KALITO persona delete Ember", 0)
  end)
end)

describe("kill -9 before any call of everything that is due", function()
  it("leaves whole summaries, and summaries of summaries", function()
    talk(150)
    kill_everywhere("$KALITO summary make Trip --due --no-model", 20)
  end)
end)

describe("Random steps that are killed at random", function()
  local WORK = [[
local seed = math.tointeger(arg[1])
math.randomseed(seed)
local archive, merging = require "kalito.memory.archive", require "kalito.memory.merging"
local db <close> = assert(kalito.open(os.getenv "KALITO_DB"))
local s = db.session.find({ name = "Trip" })[1]
local chat = kalito.conversation(db, s.id)
local function any(scope)
  local rows = db.message.find { session = s.id, scope = scope, limit = 200 }
  return #rows > 0 and rows[math.random(#rows)].id or nil
end
local steps = {
  function(i) chat:add("user", ("Step %d of life %d speaks of boats."):format(i, seed)) end,
  function(i) chat:add("assistant", ("Answer %d about Oslo."):format(i)) end,
  function() chat:undo() end,
  function() archive.undo(chat) end,
  function() archive.redo(chat) end,
  function()
    local rows = db.message.find { session = s.id, scope = "live", limit = 6 }
    if #rows > 2 then assert(chat:summarize { range = { last = rows[math.random(2, #rows)].id }, model = false }) end
  end,
  function() merging.make(chat, { model = false }) end,
  function() local id = any "archived" if id then assert(db.message.del(id)) end end,
  function() local id = any "live" if id then assert(db.message.del(id)) end end,
}
local weights, total = { 30, 30, 3, 5, 3, 12, 4, 9, 4 }, 100
local log <close> = assert(io.open("steps", "a"))
for i = 1, 80 do
  local at, which = math.random(total), 1
  while at > weights[which] do at, which = at - weights[which], which + 1 end
  steps[which](i)
  log:write "x"
  log:flush()
end
]]

  it("leave no gap, no overlap and no archived message uncovered", function()
    talk(30)
    f:write("work.lua", WORK)
    math.randomseed(20261128)
    local killed = 0
    for life = 1, LONG and 400 or 40 do
      local status, _, err = sh("$KALITO run work.lua " .. life,
        ("KILL_AT=%d LD_PRELOAD=%s"):format(math.random(20, 2500), KILLER))
      assert.is_true(status == 137 or status == 0, err)
      killed = killed + (status == 137 and 1 or 0)
      state()
    end
    assert.is_true(killed > (LONG and 100 or 10))
    if LONG then assert.is_true(#f:read "steps" >= 10000) end
  end)
end)
