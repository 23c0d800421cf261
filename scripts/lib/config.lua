-- config.lua: the user's settings: $XDG_CONFIG_HOME/kalito/config.lua, his own file, which returns a table. It is
-- loaded with an empty environment: it is data, written in Lua. What reads and checks it, settings.lua, is not loaded
-- where there is none.

local kalito = package.loaded.kalito
local folders = require "kalito.folders"

local M = {}

---The line of `source` that sets a key, for messages; that of the last table on the way to it when it is not found.
---@param source string
---@param ... string the tables on the way, then the key: "policies", "score", "user"
---@return integer
function M.line_of(source, ...)
  return require("kalito.settings").line_of(source, ...)
end

---The options of a policy or provider: its defaults with the user's values laid over them. The defaults are the
---schema: a key they lack, or a value of another type, is an error with its line.
---@param defaults table
---@param given? table
---@param where { path: string, source: string, within?: string[] } the file, and the tables on the way to `given`
---@return table? options, string? message, string? code
function M.merge(defaults, given, where)
  if next(given or {}) then return require("kalito.settings").merge(defaults, given, where) end
  local options = {}
  for key, value in pairs(defaults) do options[key] = value end
  return options
end

local loaded

---Reads the file anew when it is next asked for.
function M.reload()
  loaded = nil
end

local function read()
  local folder = folders.config()
  local path = folder and folder .. "/config.lua"
  if path and kalito.system.stat(path) then return require("kalito.settings").read(path) end
  return { path = path or "config.lua", source = "", values = {} }
end

---The user's settings; an empty table when he has none.
---@return kalito.Config? values, string? message, string? code
function M.get()
  if not loaded then
    local result, message, code = read()
    if not result then return nil, message, code end
    loaded = result
  end
  return loaded.values
end

---The words that are never stored or sent. Settings that cannot be read may name some: then that is a failure.
---@return string[]? words, string? message, string? code
function M.words()
  local values, message, code = M.get()
  if values then return values.redact or {} end
  local folder = folders.config()
  local source = folder and require("kalito.script").read(folder .. "/config.lua")
  if source and not source:find "%f[%w_]redact%f[^%w_]" then return {} end
  return nil, message, code
end

---What the user has set for a policy or provider, as it stands in `section` of the settings.
---@param section "policies"|"providers"
---@param name string
---@return table? given, string? message, string? code
function M.given(section, name)
  local values, message, code = M.get()
  if not values then return nil, message, code end
  return (values[section] or {})[name] or {}
end

---The options of a policy or provider, from `section` of the settings.
---@param section "policies"|"providers"
---@param name string
---@param defaults table
---@return table? options, string? message, string? code
function M.options(section, name, defaults)
  local given, message, code = M.given(section, name)
  if not given then return nil, message, code end
  return M.merge(defaults, given, { path = loaded.path, source = loaded.source, within = { section, name } })
end

return M
