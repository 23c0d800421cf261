-- loader.lua: makes a policy of a script: a shipped one in the program, any other in the jail, with the user's
-- options. Which one is in use, and what happens when it fails, is decided in policy.lua.

local kalito = package.loaded.kalito
local script = require "kalito.script"
local config = require "kalito.config"
local contract = require "kalito.policy.contract"

local M = {}

---@class kalito.Policy
---@field kind string "score"
---@field name string its own name
---@field describe? string
---@field origin string where it came from
---@field shipped? boolean it is the one that the program carries
---@field path? string
---@field source string
---@field defaults table
---@field options table
---@field functions table<string, any> those it has
---@field tests? table[]
---@field call? fun(name: string, ...): any in the program: runs a function and may raise
---@field jail? userdata the worker in which it runs

-- The options that the user has set, or the defaults and why his do not fit.
local function options_of(kind, defaults)
  local options, message = config.options("policies", kind, defaults)
  return options or defaults, message
end

-- As fields of what was made of a script.
local text_meta = {
  __index = function(self, key)
    return (key == "source" or key == "hash") and self.script_used[key] or nil
  end,
}

---Gives a table `source` and `hash` of a script, read when they are asked for.
---@generic T
---@param result T
---@param found kalito.Script
---@return T
function M.with_text(result, found)
  result.script_used = found
  return setmetatable(result, text_meta)
end

local function in_program(kind, found, result, options)
  local functions = {}
  for name in pairs(contract.kinds[kind].functions) do
    functions[name] = type(result[name]) == "function" or nil
  end
  return M.with_text({
    kind = kind, name = type(result.name) == "string" and result.name or kind, describe = result.describe,
    origin = found.origin, path = found.path, options = options, defaults = result.defaults or {},
    functions = functions, tests = result.tests, call = function(name, ...) return result[name](...) end,
  }, found)
end

---A table of functions that the user has given himself, in the program.
---@param kind string
---@param functions table
---@return kalito.Policy policy, string? problem
function M.assigned(kind, functions)
  local defaults = type(functions.defaults) == "table" and functions.defaults
    or script.builtin("policies/" .. kind).defaults
  local options, problem = options_of(kind, defaults)
  return in_program(kind, { origin = "assigned", source = "" }, functions, options), problem
end

---The shipped policy of a kind.
---@param kind string
---@param plain? boolean with its own defaults whatever the user has set
---@param found? kalito.Script the place where it was found
---@return kalito.Policy policy, string? problem
function M.shipped(kind, plain, found)
  local name = "policies/" .. kind
  local result = script.builtin(name)
  local options, problem = result.defaults, nil
  if not plain then options, problem = options_of(kind, result.defaults) end
  local policy = in_program(kind, found or script.shipped(name), result, options)
  policy.shipped = true
  return policy, problem
end

local function open_jail(found, options, unisolated)
  local ok, jail, message, code = pcall(kalito.jail.open, {
    name = script.chunk_name(found), source = found.source, options = options, unisolated = unisolated,
  })
  if ok then return jail, message, code end
  return nil, tostring(jail), "options" -- they cannot be passed
end

-- The worker lays what it is given over the policy's defaults. What does not fit is found out afterwards: then it
-- starts again without.
local function load_jailed(kind, found, unisolated)
  local given = config.given("policies", kind) or {}
  local options, problem
  local jail, message, code = open_jail(found, given, unisolated)
  if jail then
    options, problem = options_of(kind, jail:info().defaults or {})
  elseif code == "options" then
    problem = message
  end
  if problem and next(given) then
    if jail then jail:close() end
    jail, message, code = open_jail(found, {}, unisolated)
  end
  if not jail then return nil, message, code end
  local info = jail:info()
  return {
    kind = kind, name = info.name or kind, describe = info.describe, origin = found.origin, path = found.path,
    source = found.source, options = options or info.defaults or {}, defaults = info.defaults or {},
    functions = info.functions, tests = info.tests, jail = jail,
  }, problem
end

---The policy that a script is. Where the user's settings do not fit it, it has its defaults, and `problem` says why.
---@param kind string
---@param found kalito.Script
---@param unisolated? boolean also where the kernel offers no isolation
---@return kalito.Policy? policy, string? problem, string? code nil, message, code when it does not load
function M.load(kind, found, unisolated)
  if found.shipped then return M.shipped(kind, false, found) end
  if not found.source then return nil, script.chunk_name(found) .. ": cannot be read", "io" end
  return load_jailed(kind, found, unisolated)
end

---The line at which a function of a policy begins, for messages.
---@param source string
---@param name string
---@return integer
function M.line_of(source, name)
  local number = 0
  for line in (source .. "\n"):gmatch "(.-)\n" do
    number = number + 1
    local begins = line:find("function%s+[%w_.:]-%f[%w_]" .. name .. "%s*%(")
      or line:find("%f[%w_]" .. name .. "%s*=%s*function")
    if begins then return number end
  end
  return config.line_of(source, name)
end

return M
