-- provider_file.lua: a provider's file, loaded: a shipped one into the program, another one into the jail.

local kalito = package.loaded.kalito
local script = require "kalito.script"

local M = {}

---@class kalito.LoadedProvider
---@field shipped boolean it runs in the program; else it is a stranger's
---@field defaults table
---@field env? table
---@field functions table<string, any> those it has
---@field call fun(name: string, ...): any, any results, or nil, message, code

---@param name string
---@return kalito.LoadedProvider? file, string? message, string? code
function M.load(name)
  local found, message, code = script.find("providers/" .. name)
  if not found then return nil, message, code end
  if found.shipped then
    local file = script.builtin("providers/" .. name)
    return { shipped = true, defaults = file.defaults, env = file.env, functions = file,
      call = function(fname, ...) return file[fname](...) end }
  end
  local jail
  jail, message, code = kalito.jail.open {
    name = script.chunk_name(found), source = found.source, unisolated = require("kalito.policy").unisolated,
  }
  if not jail then return nil, message, code end
  local info = jail:info()
  return { shipped = false, defaults = info.defaults or {}, functions = info.functions,
    call = function(fname, ...) return jail:call(fname, ...) end }
end

return M
