-- archive.lua: taking a summary back and making it again, with the scores of the messages that it covers.

local kalito = package.loaded.kalito
local persona_file = require "kalito.persona.file"
local need = require("kalito.reading").need
local scoring = require "kalito.memory.scoring"
local transaction = require "kalito.transaction"

local M = {}

-- The score of a message as it was before it was summarised: what the event gave is taken back.
local function restored(row)
  local reasons, kept, given, sum = scoring.decode(row.score_reasons), {}, nil, 0
  for _, reason in ipairs(reasons) do
    if reason[1] == "summarised" then
      given = (given or 0) + (tonumber(reason[2]) or 0)
    elseif reason[1] ~= "limit" then
      kept[#kept + 1] = reason
      sum = sum + (math.type(reason[2]) and reason[2] or 0)
    end
  end
  if not given then return nil end
  if #kept < 2 and kept[1] and kept[1][1] == "before" then sum = row.importance_score - given end
  return { id = row.id, importance_score = math.max(0, math.min(1, math.floor(sum * 1000 + 0.5) / 1000)),
    score_reasons = scoring.encode(kept) or kalito.json.null }
end

local function again(chat, verb, change)
  local db = chat.db
  return transaction.run(db, function()
    local rows = {}
    if verb == "redo" then rows = need(db.message.find { session = chat.id, scope = "live" }) end
    local summary, message, code = db.summary[verb](chat.id)
    if not summary then return nil, message, code end
    if verb == "undo" then
      rows = need(db.message.find { session = chat.id, scope = "live", limit = summary.message_count })
    end
    for i = 1, math.min(summary.message_count, #rows) do
      local row, ok = change(rows[i]), true
      if row then ok, message, code = db.message.set(row) end
      if not ok then return nil, message, code end
    end
    return summary
  end)
end

---Takes back the newest summary that archived messages; they get their scores back.
---@param chat kalito.Conversation
---@return kalito.Summary? removed, string? message, string? code
function M.undo(chat)
  return again(chat, "undo", restored)
end

---Makes the summary again that was undone last.
---@param chat kalito.Conversation
---@return kalito.Summary? row, string? message, string? code
function M.redo(chat)
  local now, persona = chat.db.now(), persona_file.answering(chat.db, chat.id)
  return again(chat, "redo", function(row) return scoring.after(row, "summarised", now, persona) end)
end

return M
