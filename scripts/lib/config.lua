-- config.lua: the user's settings: $XDG_CONFIG_HOME/kalito/config.lua, his own file, which returns a table. It is
-- loaded with an empty environment: it is data, written in Lua.

local kalito = package.loaded.kalito
local script = require "kalito.script"

local M = {}

---@class kalito.Config
---@field policies? table<string, table> options of each policy, by its name
---@field providers? table<string, table> options of each provider, by its name
---@field model? string the model of `kalito chat`, "provider:name"
---@field budget? integer tokens of a context
---@field user? string what {{user}} stands for
local known = { policies = "table", providers = "table", model = "string", budget = "number", user = "string" }

---The line of `source` that sets `key`, for messages; 1 when it is not found.
---@param source string
---@param key string
---@return integer
function M.line_of(source, key)
  local number = 0
  for line in (source .. "\n"):gmatch "(.-)\n" do
    number = number + 1
    if line:find("%f[%w_]" .. key:gsub("%p", "%%%0") .. "%f[^%w_]%s*=") then return number end
    if line:find('%[%s*["\']' .. key:gsub("%p", "%%%0") .. '["\']%s*%]') then return number end
  end
  return 1
end

---The options of a policy or provider: its defaults with the user's values laid over them. The defaults are the
---schema: a key they lack, or a value of another type, is an error with its line.
---@param defaults table
---@param given? table
---@param where { path: string, source: string }
---@return table? options, string? message, string? code
function M.merge(defaults, given, where)
  local names, options = {}, {}
  for key, value in pairs(defaults) do
    names[#names + 1] = key
    options[key] = value
  end
  for key, value in pairs(given or {}) do
    local name = tostring(key)
    local place = where.path .. ":" .. M.line_of(where.source, name) .. ": "
    if defaults[key] == nil then
      local near = kalito.nearest(name, names)
      return nil, place .. "unknown option '" .. name .. "'" .. (near and " (did you mean '" .. near .. "'?)" or ""),
        "config"
    end
    if type(value) ~= type(defaults[key]) then
      return nil, place .. "option '" .. name .. "' must be a " .. type(defaults[key]) .. ", not a " .. type(value),
        "config"
    end
    options[key] = value
  end
  return options
end

local loaded

---Reads the file anew when it is next asked for.
function M.reload()
  loaded = nil
end

local function read()
  local folder = script.config_folder()
  local path = folder and folder .. "/config.lua"
  local source = path and script.read(path)
  if not source then return { path = path or "config.lua", source = "", values = {} } end
  local values, message = script.load({ name = "config", path = path, source = source }, {})
  if not values then return nil, message, "config" end
  local defaults = {}
  for key, kind in pairs(known) do
    defaults[key] = kind == "table" and {} or kind == "string" and "" or 0
  end
  local ok
  ok, message = M.merge(defaults, values, { path = path, source = source })
  if not ok then return nil, message, "config" end
  return { path = path, source = source, values = values }
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

---The options of a policy or provider, from `section` of the settings.
---@param section "policies"|"providers"
---@param name string
---@param defaults table
---@return table? options, string? message, string? code
function M.options(section, name, defaults)
  local values, message, code = M.get()
  if not values then return nil, message, code end
  return M.merge(defaults, (values[section] or {})[name], loaded)
end

return M
