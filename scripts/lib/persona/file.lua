-- file.lua: the file of a persona, personas/NAME.lua, NAME being the persona's: loaded once in a run. A shipped
-- file runs in the program, any other in the jail. What it says of system, before and after is run by behaviour.lua;
-- what it decides in the place of a policy (score, update, suggest, plan) is a policy here, and run by policy.lua.

local kalito = package.loaded.kalito
local contract = require "kalito.policy.contract"
local loader = require "kalito.policy.loader"
local policy = require "kalito.policy"
local need = require("kalito.reading").need
local script = require "kalito.script"

local M = {}

---@class kalito.Behaviour
---@field name string "personas/NAME"
---@field origin string
---@field path? string
---@field source string
---@field functions table<string, any> those it has
---@field call? fun(name: string, ...): any in the program: runs a function and may raise
---@field jail? userdata
---@field shipped boolean
---@field policies table<string, kalito.Policy|false> by kind

-- ---- loading ----

local loaded = {}   -- name -> behaviour, or false: there is none that loads
local reported = {} -- messages

---Tells once of what is wrong with a persona's file.
---@param message string
function M.report(message)
  if not reported[message] then policy.report(message .. ": the persona does without it") end
  reported[message] = true
end

---Loads the file of a script.
---@param found kalito.Script
---@param functions? table what a shipped file returns, when that was wrapped
---@return kalito.Behaviour? behaviour, string? message, string? code
function M.load(found, functions)
  local own = loader.with_text({ name = found.name, origin = found.shipped and "shipped" or found.origin,
    path = found.path, shipped = found.shipped, policies = {} }, found)
  if found.shipped then
    own.functions = functions or script.builtin(found.name)
    own.call = function(name, ...) return own.functions[name](...) end
    return own
  end
  local message, code
  own.jail, message, code = kalito.jail.open {
    name = script.chunk_name(found), source = found.source, unisolated = policy.unisolated,
  }
  if not own.jail then return nil, message, code end
  own.functions = own.jail:info().functions
  return own
end

local function find(name)
  local found = name:find "^[%w_%-]+$" and script.find("personas/" .. name)
  if not found or not (found.shipped or found.source) then return false end
  local own, message = M.load(found)
  if not own then M.report(message) end
  return own or false
end

---The file of a persona; nil when there is none, or none that loads.
---@param name string of the persona
---@return kalito.Behaviour?
function M.of(name)
  if loaded[name] == nil then loaded[name] = find(name) end
  return loaded[name] or nil
end

---Forgets what was loaded: files are read anew when they are next asked for.
function M.reload()
  for _, own in pairs(loaded) do
    if own and own.jail then own.jail:close() end
  end
  loaded, reported = {}, {}
end

-- ---- in the place of policies ----

---What a persona's file decides of a kind, as a policy. Its options are those of the shipped one, as the user has set
---them, so that it can build on that; what it lacks is the usual policy's.
---@param own kalito.Behaviour
---@param kind string
---@return kalito.Policy? policy nil: nothing
function M.policy_of(own, kind)
  local functions = {}
  for name in pairs(contract.personas[kind] and contract.kinds[kind].functions or {}) do
    functions[name] = own.functions[name] and true or nil
  end
  if not next(functions) then return nil end
  return loader.with_text({ kind = kind, name = own.name, script = own.name, origin = own.origin, path = own.path,
    options = policy.shipped(kind).options, functions = functions, call = own.call, jail = own.jail, persona = true },
    own.script_used)
end

---The policy that a persona has for a kind; nil: the usual one decides.
---@param kind string
---@param name string of the persona
---@return kalito.Policy?
function M.policy(kind, name)
  local own = M.of(name)
  if not own then return nil end
  if own.policies[kind] == nil then own.policies[kind] = M.policy_of(own, kind) or false end
  return own.policies[kind] or nil
end

---The name of the persona of a session.
---@param db kalito.Store
---@param session string
---@return string? name nil: it has none
function M.answering(db, session)
  local row = need(db.session.get(session))
  local persona = row and row.persona and need(db.persona.get(row.persona))
  return persona and persona.name or nil
end

return M
