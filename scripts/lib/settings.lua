-- settings.lua: the text of the user's settings and what is wrong in it, with the line: which keys there are, of which
-- types, and which options a policy or a provider has. Part of config.lua, for those who have set something.

local kalito = package.loaded.kalito
local script = require "kalito.script"

local M = {}

---@class kalito.Config
---@field policies? table<string, table> options of each policy, by its name
---@field providers? table<string, table> options of each provider, by its name
---@field model? string the model of `kalito chat`, "provider:name"
---@field budget? integer tokens of a context
---@field user? string what {{user}} stands for
---@field embedding? string the model whose vectors help recall, "provider:name": see kalito embed
---@field redact? string[] words that are never stored or sent, in any case of letters: see kalito redact
local known = {
  policies = "table", providers = "table", model = "string", budget = "number", user = "string", embedding = "string",
  redact = "table",
}

local function sets(line, key)
  local plain = key:gsub("%p", "%%%0")
  return not line:find "^%s*%-%-"
    and (line:find("%f[%w_]" .. plain .. "%f[^%w_]%s*=") or line:find('%[%s*["\']' .. plain .. '["\']%s*%]'))
end

---The line of `source` that sets a key, for messages; that of the last table on the way to it when it is not found.
---@param source string
---@param ... string the tables on the way, then the key: "policies", "score", "user"
---@return integer
function M.line_of(source, ...)
  local lines, at = {}, 1
  for line in (source .. "\n"):gmatch "(.-)\n" do lines[#lines + 1] = line end
  for _, key in ipairs { ... } do
    for i = at, #lines do
      if sets(lines[i], key) then
        at = i
        break
      end
    end
  end
  return at
end

-- What is wrong with a value in the place of a default, or nil.
local function misfit(default, value)
  local wanted = type(default)
  if type(value) ~= wanted then return "must be a " .. wanted .. ", not a " .. type(value) end
  if wanted == "number" and value - value ~= 0 then return "must be a finite number" end
  local element = wanted == "table" and type(default[1]) or "nil"
  for i, item in ipairs(element ~= "nil" and value or {}) do
    if type(item) ~= element then return ("is a list of %ss, but number %d is a %s"):format(element, i, type(item)) end
  end
end

---The options of a policy or provider: its defaults with the user's values laid over them. The defaults are the
---schema: a key they lack, or a value of another type, is an error with its line.
---@param defaults table
---@param given? table
---@param where { path: string, source: string, within?: string[] } the file, and the tables on the way to `given`
---@return table? options, string? message, string? code
function M.merge(defaults, given, where)
  local names, options, keys = {}, {}, {}
  for key, value in pairs(defaults) do
    names[#names + 1] = tostring(key)
    options[key] = value
  end
  for key in pairs(given or {}) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end) -- the same error every time
  for _, key in ipairs(keys) do
    local name, value, problem = tostring(key), given[key]
    if defaults[key] == nil then
      local near = kalito.nearest(name, names)
      problem = "unknown option '" .. name .. "'" .. (near and " (did you mean '" .. near .. "'?)" or "")
    else
      local wrong = misfit(defaults[key], value)
      problem = wrong and "option '" .. name .. "' " .. wrong
    end
    if problem then
      local way = { table.unpack(where.within or {}) }
      way[#way + 1] = name
      return nil, ("%s:%d: %s"):format(where.path, M.line_of(where.source, table.unpack(way)), problem), "config"
    end
    options[key] = value
  end
  return options
end

-- Each section is a table of tables; those of `policies` are named like the kinds.
local function check_sections(values, where)
  local kinds = {}
  for _, kind in ipairs(require("kalito.policy.contract").names()) do kinds[kind] = {} end
  local ok, message, code = M.merge(kinds, values.policies, { path = where.path, source = where.source,
    within = { "policies" } })
  if not ok then return nil, message, code end
  for name, own in pairs(values.providers or {}) do
    if type(name) ~= "string" or type(own) ~= "table" then
      local line = M.line_of(where.source, "providers", tostring(name))
      return nil, ("%s:%d: providers.%s must be a table"):format(where.path, line, tostring(name)), "config"
    end
  end
  return true
end

-- What is no word that can be looked for, or nil.
local function misfit_word(word)
  if type(word) ~= "string" or not kalito.text.valid(word) then return "is not a text" end
  if not word:find "%S" then return "is empty" end
  if #word > 255 then return "has more than 255 bytes" end
end

local function check_words(values, where)
  for key, word in pairs(values.redact or {}) do
    local problem = math.type(key) ~= "integer" and "is not in a list" or misfit_word(word)
    if problem then
      local line = M.line_of(where.source, "redact")
      return nil, ("%s:%d: redact: number %s %s"):format(where.path, line, tostring(key), problem), "config"
    end
  end
  return true
end

---Reads the file and checks it.
---@param path string
---@return { path: string, source: string, values: kalito.Config }? settings, string? message, string? code
function M.read(path)
  local source, problem, code = script.read(path)
  if not source then return nil, problem, code end
  local values, message = script.load({ name = "config", path = path, source = source }, {})
  if not values then return nil, message, "config" end
  local defaults = {}
  for key, kind in pairs(known) do
    defaults[key] = kind == "table" and {} or kind == "string" and "" or 0
  end
  local where = { path = path, source = source }
  local ok
  ok, message = M.merge(defaults, values, where)
  if ok then ok, message = check_sections(values, where) end
  if ok then ok, message = check_words(values, where) end
  if not ok then return nil, message, "config" end
  return { path = path, source = source, values = values }
end

return M
