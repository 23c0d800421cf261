-- edits.lua: what the user does to messages that are stored: changes, removes and rates them.

local kalito = package.loaded.kalito
local persona_file = require "kalito.persona.file"
local pins = require "kalito.memory.pins"
local need = require("kalito.reading").need
local scoring = require "kalito.memory.scoring"
local transaction = require "kalito.transaction"

local M = {}

---Changes the text of a message. It is scored as if it were new, and then moved by the event.
---@param chat kalito.Conversation
---@param id integer
---@param text string
---@return kalito.Message? row, string? message, string? code
function M.edit(chat, id, text)
  local db, now = chat.db, chat.db.now()
  local row, message, code = db.message.get(id)
  if not row then return nil, message, code end
  if row.text == text then return row end
  local new = { id = id, session = row.session, role = row.role, text = text, speaker = row.speaker }
  local persona = persona_file.answering(db, row.session)
  scoring.fill(new, now, persona)
  local moved = scoring.after(new, "edited", now, persona) or new
  local edited
  edited, message, code = transaction.run(db, function()
    local ok, problem, kind = pins.forget(db, row)
    if ok then
      ok, problem, kind = db.message.set { id = id, text = text, importance_score = moved.importance_score,
        score_reasons = moved.score_reasons or kalito.json.null }
    end
    return ok and need(db.message.get(id)), problem, kind
  end)
  if edited then pins.suggest(chat, edited, persona) end
  return edited, message, code
end

---Removes messages, and the automatic pins made of them.
---@param chat kalito.Conversation
---@param rows kalito.Message[]
---@return kalito.Message[]? removed, string? message, string? code
function M.remove(chat, rows)
  return transaction.run(chat.db, function()
    for i = #rows, 1, -1 do
      local ok, message, code = pins.forget(chat.db, rows[i])
      if ok then ok, message, code = chat.db.message.del(rows[i].id) end
      if not ok then return nil, message, code end
    end
    return rows
  end)
end

local EVENTS <const> = { up = "rated_up", down = "rated_down" }

---Says whether a message was of use.
---@param chat kalito.Conversation
---@param direction "up"|"down"
---@param id? integer default the last answer
---@return kalito.Message? row, string? message, string? code
function M.rate(chat, direction, id)
  local event = EVENTS[direction] or error("a message is rated up or down", 3)
  local row, message, code
  if id then
    row, message, code = chat.db.message.get(id)
  else
    row = need(chat.db.message.find { session = chat.id, role = "assistant", order = "newest", limit = 1 })[1]
    message, code = "there is no answer to rate", "not_found"
  end
  if not row then return nil, message, code end
  local ok
  ok, message, code = scoring.event(chat.db, row, event)
  if not ok then return nil, message, code end
  return chat.db.message.get(row.id)
end

return M
