-- merging.lua: summaries of summaries, when a session has more of them than its contexts show: the oldest ones become
-- one, so that nothing of the session is out of sight.

local persona_file = require "kalito.persona.file"
local policy = require "kalito.policy"
local need = require("kalito.reading").need
local summaries = require "kalito.memory.summaries"

local M = {}

-- How many summaries a context shows.
local function shown(chat)
  local plan = policy.call("context", "plan", { now = chat.db.now(), session = chat.id, budget = 4000,
    persona = persona_file.answering(chat.db, chat.id) })
  local limit = type(plan.summary) == "table" and math.tointeger(plan.summary.limit)
  return limit and math.max(1, limit) or 3
end

-- Those that no other covers, in the order of what they cover.
local function uncovered(chat)
  local list = {}
  for _, row in ipairs(need(chat.db.summary.find { session = chat.id })) do
    local first = math.tointeger(tonumber(row.start_message_id))
    local message = not row.parent and first and need(chat.db.message.get(first))
    if message then list[#list + 1] = { row = row, at = message.created_at, first = first } end
  end
  table.sort(list, function(a, b) return a.at < b.at or a.at == b.at and a.first < b.first end)
  return list
end

-- Does b begin with the message after the end of a?
local function follows(chat, a, b)
  local last = math.tointeger(tonumber(a.end_message_id))
  local row = last and need(chat.db.message.get(last))
  if not row then return false end
  local found = false
  for next in chat.db.message.each { session = chat.id, since = row.created_at, limit = 100 } do
    if found then return tostring(next.id) == b.start_message_id end
    found = next.id == last
  end
  return false
end

local MOST <const> = 10 -- summaries that become one

-- The oldest run of summaries without a gap between them that `fits` lets in: at most `count` of them.
local function run_of(chat, list, count, fits)
  local run = {}
  for _, item in ipairs(list) do
    local last, goes_on = run[#run], fits(item.row)
    if last and goes_on then goes_on = follows(chat, last, item.row) end
    if not goes_on and #run >= 2 then return run end
    if not goes_on then run = {} end
    if fits(item.row) then run[#run + 1] = item.row end
    if #run == count then return run end
  end
  return #run >= 2 and run or nil
end

-- Summaries of one level, the lowest that has enough of them: so that none is summarised over and over.
local function choose(chat, list, count)
  local levels = {}
  for _, item in ipairs(list) do levels[#levels + 1] = item.row.level end
  table.sort(levels)
  for i, level in ipairs(levels) do
    local run = level ~= levels[i - 1] and run_of(chat, list, count, function(row) return row.level == level end)
    if run then return run end
  end
  return run_of(chat, list, count, function() return true end)
end

-- A summary as messages: a line each. Lines that were extracted say when and by whom.
local function as_messages(rows)
  local list = {}
  for _, row in ipairs(rows) do
    for line in row.summary:gmatch "[^\n]+" do
      local date, who, text = line:match "^%- (%d+%-%d+%-%d+) ([^:]-): (.+)$"
      local known = who == "user" or who == "assistant"
      list[#list + 1] = {
        role = known and who or "user", speaker = not known and (who or "summary") or nil, session = row.session,
        text = text or line:gsub("^[%-*]%s+", ""), created_at = date and date .. "T00:00:00.000Z" or row.created_at,
        importance_score = row.importance_score,
      }
    end
  end
  return list
end

---Makes one summary of the oldest ones, when there are more than a context shows.
---@param chat kalito.Conversation
---@param options? table as for summaries.make
---@return kalito.Summary? row, string? message, string? code nil alone: there is nothing to do
function M.make(chat, options)
  local list, most = uncovered(chat), shown(chat)
  if #list <= most then return nil end
  local run = choose(chat, list, math.min(MOST, #list - most + 1))
  if not run then return nil end
  local row, refused = summaries.draft(chat, as_messages(run), summaries.with_model(chat, options or {}))
  local ids = {}
  for i, child in ipairs(run) do ids[i] = child.id end
  local sound, made, message, code = pcall(chat.db.summary.merge, row, ids)
  if not sound then return nil, tostring(made), "refused" end -- someone has changed what they cover
  return made, made and refused or message, code
end

return M
