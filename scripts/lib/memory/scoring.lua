-- scoring.lua: the importance of messages: scored by the policy when they come, and moved by what the user then does
-- with them. The reasons stay with the score.

local kalito = package.loaded.kalito
local persona_file = require "kalito.persona.file"
local policy = require "kalito.policy"

local M = {}

local ROLES = { user = true, assistant = true, system = true, tool = true }

---The reasons of a score as they are stored with it.
---@param reasons table
---@return string?
function M.encode(reasons)
  return reasons and #reasons > 0 and kalito.json.encode(reasons) or nil
end

---The reasons as they were given; none for a score that has none.
---@param text? string
---@return table
function M.decode(text)
  local list = kalito.json.decode(text or "[]")
  return type(list) == "table" and list or {}
end

-- What the core will refuse is not shown to a policy first.
local function scorable(row)
  return ROLES[row.role] and type(row.text) == "string" and row.text ~= "" and #row.text <= 1 << 24
end

---Gives a row the score of the policy, unless it has one.
---@param row kalito.Message
---@param now string
---@param persona? string name of the session's persona
---@return kalito.Message row the same
function M.fill(row, now, persona)
  if row.importance_score == nil and scorable(row) then
    local ctx = { now = now, session = row.session, persona = persona }
    local score, reasons = policy.call("score", "score", ctx, row)
    row.importance_score, row.score_reasons = score, M.encode(reasons)
  end
  return row
end

-- What was said of the score before an event stands in the place of the event's "before".
local function joined(row, reasons)
  local old = M.decode(row.score_reasons)
  if #old == 0 or #old + #reasons > 32 or not reasons[1] or reasons[1][1] ~= "before" then return reasons end
  table.move(reasons, 2, #reasons, #old + 1, old)
  return old
end

---The score of a message after an event.
---@param row kalito.Message
---@param event kalito.ScoreEvent
---@param now string
---@param persona? string name of the session's persona
---@return kalito.Message? change for db.message.set; nil when the policy moves nothing
function M.after(row, event, now, persona)
  local ctx = { now = now, session = row.session, persona = persona }
  local score, reasons = policy.call("score", "update", ctx, row, event)
  if score == row.importance_score then return nil end
  return { id = row.id, importance_score = score, score_reasons = M.encode(joined(row, reasons)) or kalito.json.null }
end

---Moves the score of a message as the policy wants after an event.
---@param db kalito.Store
---@param row? kalito.Message nil: there is no such message, nothing happens
---@param event kalito.ScoreEvent
---@return boolean? ok, string? message, string? code
function M.event(db, row, event)
  local change = row and M.after(row, event, db.now(), persona_file.answering(db, row.session))
  if not change then return true end
  return db.message.set(change)
end

return M
