-- recall.lua: finding what the history says, in the order the policy wants.

local kalito = package.loaded.kalito
local policy = require "kalito.policy"

local M = {}

---Finds the messages that answer a query: the core's ranking, then the policy's.
---@param db kalito.Store
---@param options table as db.recall.find takes it
---@return table? hits, string? message, string? code rows of messages with `score` and `reasons`, best first
function M.find(db, options)
  local hits, message, code = db.recall.find(options)
  if not hits then return nil, message, code end
  local by_id, candidates = {}, {}
  for i, hit in ipairs(hits) do
    hit.reasons = kalito.json.decode(hit.reasons or "[]") or {}
    by_id[hit.id] = hit
    candidates[i] = {
      id = hit.id, score = hit.score, reasons = hit.reasons, role = hit.role, session = hit.session,
      importance_score = hit.importance_score, created_at = hit.created_at, text = hit.text,
    }
  end
  if #candidates == 0 then return hits end
  local order = policy.call("recall", "adjust", { now = db.now() }, candidates, options.query)
  local out = {}
  for _, row in ipairs(order) do
    local hit = by_id[row.id]
    if hit then
      hit.score, hit.reasons = row.score, row.reasons
      out[#out + 1] = hit
      by_id[row.id] = nil
    end
  end
  return out
end

return M
