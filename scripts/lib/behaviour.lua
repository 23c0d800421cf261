-- behaviour.lua: what a persona does beside its prompt: the functions of personas/NAME.lua, NAME being the persona's.
-- A shipped file runs in the program, any other in the jail. A function that is absent, fails or answers nonsense is
-- as if it were not there; that is reported once.

local kalito = package.loaded.kalito
local config = require "kalito.config"
local persona_file = require "kalito.persona"
local policy = require "kalito.policy"
local script = require "kalito.script"

local M = {}

local JAIL_TEXT <const> = 65536 -- the jail cuts what is longer

---@class kalito.Behaviour
---@field name string
---@field hash string of the file
---@field functions table<string, any> those it has
---@field run fun(name: string, ...): boolean, any ok and its result, or false and a message
---@field shipped boolean

-- ---- loading ----

local loaded = {}   -- name -> { source =, behaviour = }
local reported = {} -- messages

local function report(message)
  if not reported[message] then policy.report(message .. ": the persona does without it") end
  reported[message] = true
end

local function in_program(found)
  local file = script.builtin(found.name)
  return { functions = file, run = function(name, ...) return pcall(file[name], ...) end }
end

local function in_jail(found)
  local jail, message = kalito.jail.open {
    name = script.chunk_name(found), source = found.source, unisolated = policy.unisolated,
  }
  if not jail then return nil, message end
  return { functions = jail:info().functions, run = function(name, ...)
    local sound, result, problem, code = pcall(jail.call, jail, name, ...)
    if not sound then return false, result end
    if result == nil and type(code) == "string" then return false, problem end
    return true, result
  end }
end

local function load_file(found)
  local result, message
  if found.shipped then result = in_program(found) else result, message = in_jail(found) end
  if not result then return nil, message end
  result.name, result.hash, result.shipped = found.name, kalito.hash(found.source), found.shipped
  return result
end

---The behaviour of a persona; nil when it has no file, or none that loads.
---@param name string of the persona
---@return kalito.Behaviour?
function M.of(name)
  if not name:find "^[%w_%-]+$" then return nil end
  local found = script.find("personas/" .. name)
  if not found or not found.source then return nil end
  local known = loaded[name]
  if known and known.source == found.source then return known.behaviour end
  local result, message = load_file(found)
  if not result then report(message) end
  loaded[name] = { source = found.source, behaviour = result }
  return result
end

-- ---- running ----

---What every function of a persona is told.
---@param now string
---@return kalito.PersonaContext
function M.context(now)
  local settings = config.get() or {}
  return { now = now, user = settings.user }
end

local function valid(text, limit)
  return type(text) == "string" and text ~= "" and #text <= limit and kalito.text.valid(text)
end

-- The result of a function as `check` lets it pass: nil when there is none, or none that can be used, and then why.
local function call(own, name, text, check, ...)
  if not own or type(own.functions[name]) == "nil" then return nil end
  if not own.shipped and #text > JAIL_TEXT then return nil, "the text is too long for the jail" end
  local ok, result = own.run(name, ...)
  local problem
  if ok and result ~= nil then
    result, problem = check(result)
    if problem then problem = own.name .. ": " .. name .. ": " .. problem end
  elseif not ok then
    result, problem = nil, tostring(result)
  end
  if problem then report(problem) end
  return result, problem
end

---The system prompt of a persona: what its file says, else its own with the placeholders filled in.
---@param persona kalito.Persona
---@param now string
---@return string
function M.system(persona, now)
  local ctx = M.context(now)
  local text = call(M.of(persona.name), "system", persona.prompt or "", function(text)
    if valid(text, 1 << 20) then return text end
    return nil, "it must give a text"
  end, persona, ctx)
  return text or persona_file.system(persona, ctx)
end

local function check_turn(turn)
  if type(turn) ~= "table" then return nil, "it must give a table" end
  for key, limit in pairs { text = 1 << 24, system = 4096, refuse = 1024 } do
    if turn[key] ~= nil and not valid(turn[key], limit) then return nil, key .. " must be a text" end
  end
  return { text = turn.text, system = turn.system, refuse = turn.refuse }
end

---Before a turn: the text that the user has typed may be changed or refused, and a line be added to the prompt.
---@param persona? kalito.Persona
---@param turn { text: string, session: string }
---@param now string
---@return { text?: string, system?: string, refuse?: string }? change, string? problem
function M.before(persona, turn, now)
  return call(persona and M.of(persona.name), "before", turn.text, check_turn, turn, M.context(now))
end

---After a turn: the reply may be changed.
---@param persona? kalito.Persona
---@param reply string
---@param now string
---@return string? text, string? problem
function M.after(persona, reply, now)
  return call(persona and M.of(persona.name), "after", reply, function(text)
    if valid(text, 1 << 24) then return text end
    return nil, "it must give a text"
  end, reply, M.context(now))
end

return M
