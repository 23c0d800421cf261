-- behaviour.lua: what a persona does beside its prompt and its decisions: system, before and after of its file. A
-- function that is absent, fails or answers nonsense is as if it were not there; that is reported once.

local kalito = package.loaded.kalito
local calling = require "kalito.policy.calling"
local config = require "kalito.config"
local persona = require "kalito.persona"
local persona_file = require "kalito.persona.file"

local M = {}

local JAIL_TEXT <const> = 65536 -- the jail cuts what is longer

-- ---- what counts as an answer ----

local function valid(text, limit)
  return type(text) == "string" and text ~= "" and #text <= limit and kalito.text.valid(text)
end

local function check_text(limit)
  return function(text)
    if valid(text, limit) then return text end
    return nil, "it must give a text"
  end
end

local function check_turn(turn)
  if type(turn) ~= "table" then return nil, "it must give a table" end
  for key, limit in pairs { text = 1 << 24, system = 4096, refuse = 1024 } do
    if turn[key] ~= nil and not valid(turn[key], limit) then
      return nil, ("%s must be a text of 1 to %d bytes"):format(key, limit)
    end
  end
  return { text = turn.text, system = turn.system, refuse = turn.refuse }
end

---The functions: what they take and give, and the check of that. nil is always an answer: nothing is to change.
---@type table<string, { takes: string, gives: string, check: function }>
M.functions = {
  system = { takes = "persona, ctx", gives = "the system prompt", check = check_text(1 << 20) },
  before = { takes = "turn, ctx", gives = "{ text =, system =, refuse = }: what is said, a line for this turn's "
    .. "prompt, or why it is not sent", check = check_turn },
  after = { takes = "reply, ctx", gives = "the reply, changed", check = check_text(1 << 24) },
}

-- ---- running ----

---What every function of a persona is told.
---@param now string
---@return kalito.PersonaContext
function M.context(now)
  local settings = config.get() or {}
  return { now = now, user = settings.user }
end

-- What a function of the persona's file answers. Else nil, and why its answer cannot be used, if there is the function.
local function run(who, name, text, ...)
  local own = who and persona_file.of(who.name)
  if not own or not own.functions[name] then return nil end
  if own.jail and #text > JAIL_TEXT then return nil, "the text is too long for the jail" end
  local ok, result = calling.plain(own, name, ...)
  local problem
  if ok and result ~= nil then
    result, problem = M.functions[name].check(result)
    if problem then problem = own.name .. ": " .. name .. ": " .. problem end
  elseif not ok then
    result, problem = nil, tostring(result)
  end
  if problem then persona_file.report(problem) end
  return result, problem
end

---The system prompt of a persona: what its file says, else its own with the placeholders filled in.
---@param who kalito.Persona
---@param now string
---@return string
function M.system(who, now)
  local ctx = M.context(now)
  return run(who, "system", who.prompt or "", who, ctx) or persona.system(who, ctx)
end

---Before a turn: the text that the user has typed may be changed or refused, and a line be added to the prompt.
---@param who? kalito.Persona
---@param turn { text: string, session: string }
---@param now string
---@return { text?: string, system?: string, refuse?: string }? change, string? problem
function M.before(who, turn, now)
  return run(who, "before", turn.text, turn, M.context(now))
end

---After a turn: the reply may be changed.
---@param who? kalito.Persona
---@param reply string
---@param now string
---@return string? text, string? problem
function M.after(who, reply, now)
  return run(who, "after", reply, reply, M.context(now))
end

---May the persona's file change replies, so that they cannot be shown as they come?
---@param who? kalito.Persona
---@return boolean
function M.rewrites(who)
  local own = who and persona_file.of(who.name)
  return own ~= nil and own.functions.after and true or false
end

return M
