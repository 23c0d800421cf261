-- conversation.lua: a session run by the policies: messages are scored as they come, and contexts are planned.

local kalito = package.loaded.kalito
local config = require "kalito.config"
local personas = require "kalito.persona"
local policy = require "kalito.policy"
local recall = require "kalito.recall"

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

-- How many messages the plan wants recalled. A plan may hold anything.
local function recalled_limit(plan)
  local limit = type(plan.recalled) == "table" and math.tointeger(plan.recalled.limit)
  return limit and math.max(0, math.min(limit, 100)) or 0
end

-- What makes a recalled message readable: the question before an answer, the answer after a question.
local function neighbour(db, hit)
  local filter = { session = hit.session, limit = 3 }
  if hit.role == "assistant" then
    filter.before, filter.order = hit.created_at, "newest"
  elseif hit.text:find "%?%s*$" then
    filter.since, filter.order = hit.created_at, "oldest"
  else
    return nil
  end
  for _, row in ipairs(db.message.find(filter) or {}) do
    if row.id ~= hit.id and row.role ~= hit.role then return row end
  end
  return nil
end

-- Hits, each followed by the neighbour that makes it readable, which has a part of its score.
local function with_neighbours(db, hits)
  local seen, list = {}, {}
  for _, hit in ipairs(hits) do seen[hit.id] = true end
  for _, hit in ipairs(hits) do
    list[#list + 1] = { id = hit.id, score = hit.score, reasons = M.encode_reasons(hit.reasons) }
    local row = neighbour(db, hit)
    if row and not seen[row.id] then
      seen[row.id] = true
      list[#list + 1] = { id = row.id, score = hit.score / 2, reasons = M.encode_reasons { { "beside", tostring(hit.id) } } }
    end
  end
  return list
end

---Finds what the history says about a query, as db.recall.find does, and lets the policy have its say.
---@param query string
---@param options? { limit?: integer, scope?: "all"|"session", without?: integer }
---@return table? hits, string? message, string? code
function M:recall(query, options)
  options = options or {}
  local session = self.db.session.get(self.id)
  local own = options.scope == "session" or session and session.archived_at
  return recall.find(self.db, {
    query = query, limit = options.limit, without = options.without, session = own and self.id or nil,
  })
end

---Builds the context of the next model call by the plan of the policy.
---@param options table `budget`, and any of query, text, message, role, persona, prompt, save: as in db.context.build;
---without `query` the new text is what is recalled for
---@return table? context, string? message, string? code as db.context.build gives it, and `policy`
function M:context(options)
  local ctx = { now = self.db.now(), session = self.id, budget = options.budget, query = options.query or options.text }
  local plan = policy.call("context", "plan", ctx)
  local request = { session = self.id, plan = plan, prompt = self:prompt(options.persona, ctx.now) }
  for key, value in pairs(options) do request[key] = value end
  local limit = recalled_limit(plan)
  if ctx.query and ctx.query ~= "" and limit > 0 then
    local scope = type(plan.recalled) == "table" and plan.recalled.scope
    local hits, message, code = self:recall(ctx.query, { limit = limit, scope = scope, without = options.message })
    if not hits then return nil, message, code end
    request.recalled = with_neighbours(self.db, hits)
  end
  local context, message, code = self.db.context.build(request)
  if not context then return nil, message, code end
  context.policy = policy.identity "context"
  return context
end

return M
