-- context.lua: how many tokens the context of a model holds, prompt and answer together: as config.lua says, else
-- as its server says, which is asked once a day at most: the answer is kept in the database.

local kalito = package.loaded.kalito
local config = require "kalito.config"
local need = require("kalito.reading").need

local M = {}

local ATTEMPTS <const> = 4
local REST <const> = 60 -- seconds
local LONG_AGO <const> = "1970-01-01T00:00:00.000Z"
-- It is asked before the user gets his answer: a server that is slow to say it is one that does not say it.
local PATIENCE <const> = { retries = 0, connect_timeout = 2, stall_timeout = 5 }

local function size(value)
  return math.type(value) == "integer" and value > 0 and value <= 1e9 and value or nil
end

-- Some servers tell in one place, some in another: the provider's file gives a request for each attempt, or knows the
-- number itself. The second result: has somebody answered, if only to say that he does not know?
local function ask(target)
  -- Here, as commands that ask nobody need none.
  local provider, servers = require "kalito.model.provider", require "kalito.model.server"
  local server, answered = target.server, false
  local settings = require("kalito.model.reply").settings(target, {})
  for attempt = 1, server.file.functions.context and ATTEMPTS or 0 do
    local wanted = servers.call(server, "context", settings, attempt)
    if size(wanted) then return wanted, true end
    if type(wanted) ~= "table" then break end
    local body = provider.fetch(server, wanted, PATIENCE)
    answered = answered or body ~= nil
    local context = body and size((servers.call(server, "parse_context", body, settings)))
    if context then return context, true end
  end
  return nil, answered
end

-- Another process that does this at the same moment stores the same.
local function remember(db, name, context)
  local row = { id = name, context = context, asked_at = db.now() }
  if db.model.get(name) then return db.model.set(row) end
  row.ratio, row.turns = 1.0, 0
  return db.model.add(row)
end

local function was_asked_today(db, row)
  return row.asked_at and row.asked_at:sub(1, 10) == db.now():sub(1, 10)
end

-- What the options of a provider in config.lua say of a model; 0 says nothing.
local function configured(options, model)
  return type(options.contexts) == "table" and size(options.contexts[model]) or size(options.context)
end

---What config.lua says, or what is known from before: nobody is asked.
---@param db kalito.Store
---@param name string "provider:model"
---@return integer? tokens, boolean? set by config.lua
function M.known(db, name)
  local prefix, model = name:match "^([^:]*):(.*)$"
  local own = configured(prefix and ((config.get() or {}).providers or {})[prefix] or {}, model)
  if own then return own, true end
  return (need(db.model.get(name)) or {}).context
end

local silent = {} -- name -> when its server did not answer; it is left in peace for a while

---How many tokens a model holds. Its server is asked, unless it was today.
---@param db kalito.Store
---@param target kalito.Target
---@return integer? tokens nil: nobody knows, boolean? set by config.lua
function M.of(db, target)
  local name, own = target.name, configured(target.server.options, target.model)
  if own then return own, true end
  local row, last = need(db.model.get(name)) or {}, silent[name]
  local rests = last and kalito.system.clock() - last < REST
  if rests or was_asked_today(db, row) or db.stat().read_only then return row.context end
  local context, answered = ask(target)
  if answered then remember(db, name, context) else silent[name] = kalito.system.clock() end
  return context or row.context
end

---The server has refused a request: its context may be another one now, and it is asked again before the next one.
---@param db kalito.Store
---@param name string
function M.doubt(db, name)
  local row = db.model.get(name)
  silent[name] = nil
  if row and row.asked_at then db.model.set { id = name, asked_at = LONG_AGO } end
end

return M
