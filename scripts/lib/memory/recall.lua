-- recall.lua: finding what the history says, in the order the policy wants.

local kalito = package.loaded.kalito
local config = require "kalito.config"
local policy = require "kalito.policy"
local scoring = require "kalito.memory.scoring"

local M = {}

local MORE = 10 -- found beyond the limit, because some may turn out to say the same

local function seconds(time)
  local y, mo, d, h, mi, s = (time or ""):match "^(%d%d%d%d)-(%d%d)-(%d%d)[T ](%d%d):(%d%d):(%d%d)"
  return y and os.time { year = y, month = mo, day = d, hour = h, min = mi, sec = s }
end

-- An option that is a number: the policy's, or the shipped policy's when it has none of that name.
local function option(name)
  local value = policy.get("recall").options[name]
  if value == nil then value = policy.shipped("recall").options[name] end
  return tonumber(value) or 0
end

-- The model of vectors that the user has named; nil: none that counts.
local function embedding()
  local model = (config.get() or {}).embedding or ""
  return model ~= "" and option "similarity" ~= 0 and model or nil
end

-- The messages whose vectors are near the query; nil alone: the user has named no model for that, or it is silent.
local function near(db, options)
  local model = embedding()
  return model and require("kalito.memory.vectors").near(db, model, options)
end

local function ids_of(rows)
  local ids = {}
  for i, row in ipairs(rows) do ids[i] = row.id end
  return ids
end

-- Tells the hits how near they are; one that stands for others is as near as the nearest of them.
local function tell_similarity(hits, nearest)
  local similarity = {}
  for _, row in ipairs(nearest) do similarity[row.id] = row.score end
  for _, hit in ipairs(hits) do
    hit.similarity = similarity[hit.id]
    for _, id in ipairs(hit.copies or {}) do
      if similarity[id] then hit.similarity = math.max(hit.similarity or -1, similarity[id]) end
    end
  end
end

-- What the policy sees of the hits.
local function candidates_of(hits, now)
  local list, at = {}, seconds(now)
  for i, hit in ipairs(hits) do
    local then_at = seconds(hit.created_at)
    list[i] = {
      id = hit.id, score = hit.score, reasons = scoring.decode(hit.reasons), role = hit.role, speaker = hit.speaker,
      session = hit.session, importance_score = hit.importance_score, created_at = hit.created_at, text = hit.text,
      age_days = at and then_at and (at - then_at) / 86400 or nil, similarity = hit.similarity,
    }
  end
  return list
end

-- The hits that the policy has left, in its order, with its scores and reasons; with a budget, those that fit together.
local function in_order(hits, order, limit, budget)
  local by_id, out, left = {}, {}, budget or math.huge
  for _, hit in ipairs(hits) do by_id[hit.id] = hit end
  for _, row in ipairs(order) do
    local hit = by_id[row.id]
    local cost = hit and budget and kalito.text.tokens(hit.text) or 0
    if hit and #out < limit and cost <= left then
      if hit.score > 0 then hit.lent = hit.lent * row.score / hit.score end
      hit.score, left = row.score, left - cost
      if #row.reasons > 0 then hit.reasons = scoring.encode(row.reasons) end
      out[#out + 1] = hit
      by_id[row.id] = nil
    end
  end
  return out
end

-- Has the policy something to say? The shipped one keeps scores and order unless vectors or its options count: then it
-- is not asked, for that takes nearly as long as finding the messages.
local function is_asked(nearest)
  return nearest or not policy.get("recall").shipped or option "importance" ~= 0 or option "age" ~= 0
end

---Is what the core finds the last word, because no vectors count and no policy is asked?
---@return number? similar yes: how alike messages are that it is to hand out once
function M.plain()
  return not embedding() and not is_asked() and option "similar" or nil
end

---Finds the messages that answer a query: the core's ranking, what says the same once, then the policy's order.
---@param db kalito.Store
---@param options table as db.recall.find takes it
---@return table? hits, string? message, string? code rows of messages with `score` and `reasons` (as they are stored),
---best first; `copies` lists the ids of messages that say the same
function M.rows(db, options)
  local request, limit = {}, options.limit or 10
  for key, value in pairs(options) do request[key] = value end
  request.limit = limit < 1 and limit or math.min(limit + MORE, 1000)
  if limit > 1000 then request.limit = limit end -- the core refuses it
  local nearest, message, code = near(db, options)
  if code then return nil, message, code end
  -- What fits is known in the end only; what is near is found even when it has no word of the query.
  if nearest then request.budget, request.also = nil, ids_of(nearest) end
  request.similar = option "similar"
  local hits
  hits, message, code = db.recall.find(request)
  if not hits then return nil, message, code end
  if nearest then tell_similarity(hits, nearest) end
  if #hits == 0 then return hits end
  if not is_asked(nearest) then return table.move(hits, 1, limit, 1, {}) end
  local now = options.asked or options.now or db.now()
  local order = policy.call("recall", "adjust", { now = now }, candidates_of(hits, now), options.query)
  return in_order(hits, order, limit, nearest and options.budget)
end

---As rows, with reasons as lists.
---@param db kalito.Store
---@param options table as db.recall.find takes it
---@return table? hits, string? message, string? code
function M.find(db, options)
  local hits, message, code = M.rows(db, options)
  for _, hit in ipairs(hits or {}) do hit.reasons = scoring.decode(hit.reasons) end
  return hits, message, code
end

return M
