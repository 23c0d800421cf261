-- conversation.lua: a session run by the policies: messages are scored as they come, and contexts are planned.

local kalito = package.loaded.kalito
local config = require "kalito.config"
local personas = require "kalito.persona"
local policy = require "kalito.policy"

local M = {}
M.__index = M

---@class kalito.Conversation
---@field db kalito.Store
---@field id string the session's id

local ROLES = { user = true, assistant = true, system = true, tool = true }

-- What the core will refuse is not shown to a policy first.
local function scorable(role, text)
  return ROLES[role] and type(text) == "string" and text ~= "" and #text <= 1 << 24
end

---@param db kalito.Store
---@param session string
---@return kalito.Conversation
function M.new(db, session)
  return setmetatable({ db = db, id = session }, M)
end

---The reasons of a score as they are stored with it.
---@param reasons table
---@return string?
function M.encode_reasons(reasons)
  return reasons and #reasons > 0 and kalito.json.encode(reasons) or nil
end

---Adds a message, scored by the policy. A message that is stored and one that is not are told apart by the result
---alone: a row means that it is on the disk.
---@param role "user"|"assistant"|"system"|"tool"
---@param text string
---@param fields? table other fields of the row: speaker, model, created_at, external_id, importance_score ...
---@return table? row, string? message, string? code
function M:add(role, text, fields)
  local row = { session = self.id, role = role, text = text }
  for key, value in pairs(fields or {}) do row[key] = value end
  if row.importance_score == nil and scorable(role, text) then
    local score, reasons = policy.call("score", "score", { now = self.db.now(), session = self.id }, row)
    row.importance_score, row.score_reasons = score, M.encode_reasons(reasons)
  end
  return self.db.message.add(row)
end

-- The system prompt: the persona's own, with its placeholders filled in.
function M:prompt(id, now)
  local session = not id and self.db.session.get(self.id)
  local persona = self.db.persona.get(id or session and session.persona or "")
  if not persona then return nil end
  local settings = config.get() or {}
  return personas.system(persona, { now = now, user = settings.user })
end

---Builds the context of the next model call by the plan of the policy.
---@param options table `budget`, and any of query, text, message, role, persona, prompt, save: as in db.context.build
---@return table? context, string? message, string? code as db.context.build gives it, and `policy`
function M:context(options)
  local ctx = { now = self.db.now(), session = self.id, budget = options.budget, query = options.query }
  local request = {
    session = self.id, plan = policy.call("context", "plan", ctx), prompt = self:prompt(options.persona, ctx.now),
  }
  for key, value in pairs(options) do request[key] = value end
  local context, message, code = self.db.context.build(request)
  if not context then return nil, message, code end
  context.policy = policy.identity "context"
  return context
end

return M
