-- stats.lua: the figures of a store or of one session, gathered from the core and named for people.

local kalito = package.loaded.kalito
local config = require "kalito.config"
local need = require("kalito.reading").need

local M = {}

M.BUDGET = 4000 -- tokens of a context when nobody says otherwise

local function share(part, whole)
  return whole > 0 and part / whole or 0.0
end

-- The live part of a session against what a context may hold. Above 1 not all of it is sent.
local function context_of(figures, budget)
  return { budget = budget, tokens = figures.tokens_live, fill = share(figures.tokens_live, budget) }
end

---@param db kalito.Store
---@param session? table its row; the whole store otherwise
---@param budget? integer tokens of a context, default that of the settings
---@return table? figures those of db.stats.get, and archived_share, size, and `context` for a session; each of
---`usage` has the `ratio` of the model's tokens to the estimated ones, learnt in so many `turns`, once it is known
---@return string? message, string? code
function M.get(db, session, budget)
  local figures, message, code = db.stats.get(session and session.id)
  if not figures then return nil, message, code end
  local info = db.stat()
  figures.archived_share = share(figures.archived, figures.messages)
  figures.size = { file = info.file_size, wal = info.wal_size, free = info.free_size }
  table.sort(figures.usage, function(a, b)
    if a.tokens ~= b.tokens then return a.tokens > b.tokens end
    return a.messages > b.messages or a.messages == b.messages and a.model < b.model
  end)
  figures.usage = kalito.json.array(figures.usage)
  for _, usage in ipairs(figures.usage) do
    local known = usage.model ~= "" and need(db.model.get(usage.model)) or {}
    if (known.turns or 0) > 0 then usage.ratio, usage.turns = known.ratio, known.turns end
  end
  if not session then return figures end
  figures.session, figures.name = session.id, session.name
  figures.context = context_of(figures, budget or (config.get() or {}).budget or M.BUDGET)
  return figures
end

return M
