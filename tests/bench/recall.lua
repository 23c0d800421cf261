-- recall.lua: a contender of the recall bench: reads one JSON object a line, adds messages, answers queries with ids.
--   kalito run tests/bench/recall.lua
-- add: no answer. recall: {"ids": [...]}, best first. context: {"ids": [...]}, what the context that is built shows.
-- sync: {"ids": []}. The database is in memory.
-- RECALL_WEIGHTS: constants of the ranking that are not the default, as JSON. RECALL_WITHOUT: word lists that are left
-- out, names with blanks between them.

local json = kalito.json
local db = assert(kalito.open(":memory:", { create = true }))
local sessions, names = {}, {} -- session id by the bench's name; the bench's id by message id
local open = false
local weights = json.decode(os.getenv "RECALL_WEIGHTS" or "{}")

local lists = {}
for name, list in pairs(require "kalito.words") do lists[name] = list end
for name in (os.getenv "RECALL_WITHOUT" or ""):gmatch "%S+" do lists[name] = nil end
assert(db.recall.words(lists))

local function session_of(name)
  if not sessions[name] then sessions[name] = assert(db.session.add { name = name, saved = true }).id end
  return sessions[name]
end

local verbs = {}

function verbs.add(line)
  if line.text == "" then return end -- a message is never empty
  if not open then
    assert(db.begin())
    open = true
  end
  local row = assert(db.message.add {
    session = session_of(line.session), role = line.role, text = line.text, speaker = line.speaker,
    created_at = line.created_at,
  })
  names[row.id] = line.id
end

local function sync()
  if open then assert(db.commit()) end
  open = false
end

function verbs.sync()
  sync()
  return {}
end

local function find(line, limit)
  sync()
  return assert(db.recall.find { query = line.query, limit = limit, weights = weights, asked = line.now })
end

function verbs.recall(line)
  local ids = {}
  for i, hit in ipairs(find(line, line.k)) do ids[i] = names[hit.id] end
  return ids
end

-- The question is put in a new chat, as `kalito chat` puts it: through the plan, the neighbours and the lines that are
-- sent. Only what is shown of the history counts.
function verbs.context(line)
  sync()
  local ids = {}
  local context = assert(kalito.conversation(db, session_of "the question"):context {
    budget = line.budget, text = line.query, now = line.now,
  })
  for _, item in ipairs(context.items) do
    if item["in"] and item.part == "recalled" then ids[#ids + 1] = names[math.tointeger(tonumber(item.id))] end
  end
  return ids
end

for text in io.lines() do
  local line = assert(json.decode(text))
  local ids = verbs[line.op](line)
  if ids then
    io.write(json.encode { ids = json.array(ids) }, "\n")
    io.flush()
  end
end
