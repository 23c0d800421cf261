-- recall.lua: finding what the history says, in the order the policy wants.

local kalito = package.loaded.kalito
local copies = require "kalito.copies"
local policy = require "kalito.policy"

local M = {}

local MORE = 10 -- found beyond the limit, because some may turn out to say the same

local function seconds(time)
  local y, mo, d, h, mi, s = (time or ""):match "^(%d%d%d%d)-(%d%d)-(%d%d)[T ](%d%d):(%d%d):(%d%d)"
  return y and os.time { year = y, month = mo, day = d, hour = h, min = mi, sec = s }
end

-- How alike messages must be to be shown once: the policy's option, or the shipped policy's when it has none.
local function alike()
  local least = policy.get("recall").options.similar
  if least == nil then least = policy.shipped("recall").options.similar end
  return tonumber(least) or 0
end

-- What the policy sees of the hits.
local function candidates_of(hits, now)
  local list, at = {}, seconds(now)
  for i, hit in ipairs(hits) do
    local then_at = seconds(hit.created_at)
    list[i] = {
      id = hit.id, score = hit.score, reasons = hit.reasons, role = hit.role, speaker = hit.speaker,
      session = hit.session, importance_score = hit.importance_score, created_at = hit.created_at, text = hit.text,
      age_days = at and then_at and (at - then_at) / 86400 or nil,
    }
  end
  return list
end

-- The hits that the policy has left, in its order, with its scores and reasons.
local function in_order(hits, order, limit)
  local by_id, out = {}, {}
  for _, hit in ipairs(hits) do by_id[hit.id] = hit end
  for _, row in ipairs(order) do
    local hit = by_id[row.id]
    if hit and #out < limit then
      hit.score = row.score
      if #row.reasons > 0 then hit.reasons = row.reasons end
      out[#out + 1] = hit
      by_id[row.id] = nil
    end
  end
  return out
end

---Finds the messages that answer a query: the core's ranking, what says the same once, then the policy's order.
---@param db kalito.Store
---@param options table as db.recall.find takes it
---@return table? hits, string? message, string? code rows of messages with `score` and `reasons` (a list), best
---first; `copies` lists the ids of messages that say the same
function M.find(db, options)
  local request, limit = {}, options.limit or 10
  for key, value in pairs(options) do request[key] = value end
  request.limit = limit < 1 and limit or math.min(limit + MORE, 1000)
  if limit > 1000 then request.limit = limit end -- the core refuses it
  local hits, message, code = db.recall.find(request)
  if not hits then return nil, message, code end
  for _, hit in ipairs(hits) do hit.reasons = kalito.json.decode(hit.reasons or "[]") or {} end
  hits = copies.fold(hits, alike())
  if #hits == 0 then return hits end
  local now = db.now()
  local order = policy.call("recall", "adjust", { now = now }, candidates_of(hits, now), options.query)
  return in_order(hits, order, limit)
end

return M
