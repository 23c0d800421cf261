-- trace.lua: what was sent for each turn of a chat: the record that is stored with the reply, and its comparison with
-- the session as it is now.

local kalito = package.loaded.kalito
local contexts = require "kalito.memory.contexts"
local policy = require "kalito.policy"
local need = require("kalito.reading").need
local traced = require "kalito.memory.trace_items"

local M = {}

-- ---- recording ----

---Names messages that are sent without a context, as the `hash` of a context names its own.
---@param messages { role: string, content: string }[]
---@return string
function M.hash(messages)
  local parts = {}
  for i, message in ipairs(messages) do
    parts[i] = ("%s %d\n%s\n"):format(message.role, #message.content, message.content)
  end
  return kalito.hash(table.concat(parts))
end

local KINDS <const> = { "context", "recall", "score", "pin" }

---The row of a turn, for db.turn.add.
---@param turn table db, message, model, context, more (what the details hold beside items)
---@return table row
function M.row(turn)
  local context, policies = turn.context, {}
  for _, kind in ipairs(KINDS) do policies[kind] = policy.identity(kind, context.persona) end
  local details = { now = context.now, policies = policies }
  for key, value in pairs(turn.more) do details[key] = value end
  return {
    session = context.session, message = turn.message, model = turn.model, budget = context.budget,
    tokens = context.tokens, hash = context.hash, details = traced.pack(details, turn.db, context),
  }
end

-- ---- comparing ----

local function key_of(item)
  return item.part .. " " .. (item.id or "")
end

local function by_key(items)
  local found = {}
  for _, item in ipairs(items) do found[key_of(item)] = item end
  return found
end

-- What became of an item that is no candidate any more.
local function fate(db, session, item)
  local id = math.tointeger(tonumber(item.id))
  if item.part == "pin" then return need(db.pin.get(item.id)) and "is no candidate any more" or "was removed" end
  if item.part == "summary" then
    local row = need(db.summary.get(item.id))
    if not row then return "was undone or deleted" end
    return row.parent and "was summarised together with others" or "is no candidate any more"
  end
  local row = id and need(db.message.get(id))
  if not row then return item.part == "persona" and "is another one now" or "was undone or deleted" end
  local archived = row.session == session.id and (row.created_at < session.boundary_at
    or row.created_at == session.boundary_at and id <= session.boundary_id)
  return archived and "was summarised since" or "is no candidate any more"
end

-- How an item differs from what it was; nil when it does not.
local function difference(old, new)
  if old.hash ~= kalito.hash(new.text) then return "was edited since" end
  if math.abs(old.score - new.score) > 1e-9 and old.part ~= "recalled" then
    return ("was re-scored from %.2f to %.2f"):format(old.score, new.score)
  end
  if old["in"] ~= new["in"] then return (old["in"] and "was in, is out: " or "was out, is in: ") .. new.why end
  return nil
end

local function compare_items(db, session, before, after, note)
  local old, new = by_key(before), by_key(after)
  for _, item in ipairs(before) do
    local now = new[key_of(item)]
    local what = now and difference(item, now) or not now and fate(db, session, item)
    if what then note(item, what) end
  end
  for _, item in ipairs(after) do
    if not old[key_of(item)] then note(item, "is new since") end
  end
end

local function compare_policies(before, persona, note)
  for _, kind in ipairs(KINDS) do
    local now, was = policy.identity(kind, persona), before[kind]
    if was and was.hash ~= now.hash then
      local same = was.name == now.name and was.origin == now.origin
      local what = ("was %s (%s), is %s (%s)"):format(was.name, was.origin, now.name, now.origin)
      note({ part = "policy", id = kind }, same and "has another text since" or what)
    end
  end
end

-- The context as it would be built now for the same turn; what was recalled then is recalled again.
local function rebuild(chat, turn, details)
  local message = turn.message and need(chat.db.message.get(turn.message))
  if not message then return nil, "the message of the turn was undone" end
  return contexts.build(chat, {
    message = turn.message, budget = turn.budget, recalled = details.recalled, now = details.now,
    persona = details.persona, system = details.system,
  })
end

-- ---- asking why ----

local function find_turn(chat, number)
  local db = chat.db
  if not number then
    local turn = need(db.turn.find { session = chat.id, order = "newest", limit = 1 })[1]
    if not turn then return nil, "the session has no turn with a model yet", "not_found" end
    return turn
  end
  local turn, message, code = db.turn.get(number)
  if turn and turn.session ~= chat.id then return nil, "turn " .. number .. " is in another session", "not_found" end
  return turn, message, code
end

-- Turns that sent nothing have nothing to rebuild.
local function compare(chat, turn, details, report)
  local context, message = rebuild(chat, turn, details)
  if not context then
    report.changes[1] = { part = "new", id = turn.message and tostring(turn.message), what = message }
    return
  end
  local function note(item, what)
    report.changes[#report.changes + 1] = { part = item.part, id = item.id, what = what }
  end
  report.equal = context.hash == turn.hash
  compare_policies(details.policies or {}, context.persona, note)
  compare_items(chat.db, need(chat.db.session.get(chat.id)), details.items, context.items, note)
  if report.equal or #report.changes > 0 then return end
  note({ part = "all" }, "differs, and no change of a part explains it")
end

---What was sent for a turn, and whether the same would be sent now.
---@param chat kalito.Conversation
---@param number? integer id of a turn, default the latest
---@return table? report `turn` (its row), `details`, `equal`, `changes` (list of part, id, what)
---@return string? message, string? code
function M.why(chat, number)
  local turn, message, code = find_turn(chat, number)
  if not turn then return nil, message, code end
  local details = traced.read(turn.details)
  if not details then return nil, "turn " .. turn.id .. " is not understood", "corrupt" end
  turn.details = nil
  local report = { turn = turn, details = details, equal = false, changes = kalito.json.array {} }
  if details.items then compare(chat, turn, details, report) else report.equal = true end
  return report
end

return M
