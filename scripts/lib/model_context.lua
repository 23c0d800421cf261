-- model_context.lua: how many tokens the context of a model holds, prompt and answer together: as config.lua says, else
-- as its server says, which is asked once a day at most: the answer is kept in the database.

local kalito = package.loaded.kalito
local config = require "kalito.config"

local M = {}

local ATTEMPTS <const> = 4
local LONG_AGO <const> = "1970-01-01T00:00:00.000Z"
-- It is asked before the user gets his answer: a server that is slow to say it is one that does not say it.
local PATIENCE <const> = { retries = 0, connect_timeout = 2, stall_timeout = 5 }

local function size(value)
  return math.type(value) == "integer" and value > 0 and value <= 1e9 and value or nil
end

-- Some servers tell in one place, some in another. The second result: one of them has answered.
local function ask(target)
  local provider, servers = require "kalito.provider", require "kalito.server" -- commands that ask nobody need none
  local server, answered = target.server, false
  local told = require("kalito.reply").settings(target, {})
  for attempt = 1, server.file.functions.context and ATTEMPTS or 0 do
    local request = servers.call(server, "context", told, attempt)
    if size(request) then return request, true end
    if type(request) ~= "table" then break end
    local body = provider.fetch(server, request, PATIENCE)
    answered = answered or body ~= nil
    local context = body and size((servers.call(server, "parse_context", body, told)))
    if context then return context, true end
  end
  return nil, answered
end

-- Another process may do the same at this moment: it is the same.
local function remember(db, name, context)
  local row = { id = name, context = context, asked_at = db.now() }
  if db.model.get(name) then return db.model.set(row) end
  row.ratio, row.turns = 1.0, 0
  return db.model.add(row)
end

local function today(db, row)
  return row and row.asked_at and row.asked_at:sub(1, 10) == db.now():sub(1, 10)
end

-- What the options of a provider say of a model; 0 is nothing.
local function set(options, model)
  return type(options.contexts) == "table" and size(options.contexts[model]) or size(options.context)
end

---What config.lua says, or what is known from before: nobody is asked.
---@param db kalito.Store
---@param name string "provider:model"
---@return integer? tokens, boolean? set by config.lua
function M.known(db, name)
  local prefix, model = name:match "^([^:]*):(.*)$"
  local own = set(prefix and ((config.get() or {}).providers or {})[prefix] or {}, model)
  if own then return own, true end
  return (db.model.get(name) or {}).context
end

local silent = {} -- name -> when its server did not answer

---@param db kalito.Store
---@param target kalito.Target
---@return integer? tokens nil: nobody knows, boolean? set by config.lua
function M.of(db, target)
  local name, own = target.name, set(target.server.options, target.model)
  if own then return own, true end
  local row, last = db.model.get(name) or {}, silent[name]
  local settled = today(db, row) or last and kalito.system.clock() - last < 60 or db.stat().read_only
  if settled then return row.context end
  local context, answered = ask(target)
  if answered then remember(db, name, context) else silent[name] = kalito.system.clock() end
  return context or row.context
end

---Has the server asked again before the next request: it has refused one.
---@param db kalito.Store
---@param name string
function M.doubt(db, name)
  local row = db.model.get(name)
  silent[name] = nil
  if row and row.asked_at then db.model.set { id = name, asked_at = LONG_AGO } end
end

return M
