-- server.lua: what stands behind a provider's name: its file, its address, its options and its key, from the
-- environment and config.lua. Keys stay in here: a provider's file sees {{key}}, and nothing that is handed out
-- holds one. What a file must give is in meta/provider.lua.

local kalito = package.loaded.kalito
local address = require "kalito.model.address"
local config_file = require "kalito.config"
local http = require "kalito.model.http"
local failure = require "kalito.model.failure"
local provider_file = require "kalito.model.provider_file"
local script = require "kalito.script"

local M = {}

---@class kalito.ProviderConfig
---@field providers? table<string, table> options by name; absent: those of config.lua
---@field getenv? fun(name: string): string?
---@field load? fun(name: string): kalito.LoadedProvider?, string?, string?
---@field http? table more settings for kalito.http

---@class kalito.Server
---@field name string
---@field base_url string
---@field options table
---@field has table<string, boolean>
---@field usable boolean someone has set it up, or it is on this machine

local secrets = setmetatable({}, { __mode = "k" }) -- server -> { key =, token = }

-- Options that every provider has.
local common = {
  file = "", key_env = "", ca_file = "", allow_http = false, connect_timeout = 10, stall_timeout = 300, retries = 2,
  omit = {},     -- settings that are never sent
  body = {},     -- fields that every request to a model has, as its API calls them: { think = false }
  optional = {}, -- fields of a request that are left out when a model refuses them
  renamed = {},  -- what of these is called otherwise by models that say so when they refuse it
  context = 0,   -- tokens of a model's context; 0: as the server says
  contexts = {}, -- the same for single models, by their names
  sets_context = false, -- a request says how large the context is to be
}

-- ---- opening ----

local function options_of(name, defaults, config)
  local schema = {}
  for key, value in pairs(common) do schema[key] = value end
  for key, value in pairs(defaults) do schema[key] = value end
  if type(schema.base_url) ~= "string" then return nil, name .. ": its defaults have no base_url", "policy" end
  if not config.providers then return config_file.options("providers", name, schema) end
  return config_file.merge(schema, config.providers[name], { path = "config", source = "" })
end

local function variables(name, file, own_file)
  if own_file and file.shipped and file.env then return file.env end
  local prefix = name:upper():gsub("%W", "_")
  return { base_url = prefix .. "_BASE_URL", key = prefix .. "_API_KEY" }
end

-- The environment goes before config.lua. What is called key or token is a secret.
local function settle(server, env, getenv, given)
  local keys, options = {}, server.options
  if options.key_env ~= "" then env = setmetatable({ key = options.key_env }, { __index = env }) end
  for _, option in ipairs { "base_url", "key", "token", "organization", "project" } do
    local value = env[option] and (getenv(env[option]) or ""):match "^%s*(.-)%s*$" or ""
    if value:find "%c" then return nil, env[option] .. " holds a control character" end
    if value ~= "" and (option == "key" or option == "token") then
      keys[option], server.has[option] = value, true
    elseif value ~= "" then
      options[option], given[option] = value, true
    end
  end
  server.key_name = env.key
  secrets[server] = keys
  return true
end

---@param name string
---@param config? kalito.ProviderConfig
---@return kalito.Server? server, string? message, string? code
function M.open(name, config)
  config = config or {}
  local user = config.providers or (config_file.get() or {}).providers or {}
  local own = type(user[name]) == "table" and user[name] or {}
  local kind = type(own.file) == "string" and own.file or name
  local file, message, code = (config.load or provider_file.load)(kind)
  if not file then return nil, message, code end
  local options
  options, message, code = options_of(name, file.defaults, config)
  if not options then return nil, message, code end
  local server = { name = name, file = file, options = options, has = {}, http = config.http or {} }
  local given, default = { base_url = own.base_url ~= nil }, file.defaults.base_url
  local ok
  ok, message = settle(server, variables(name, file, kind == name), config.getenv or os.getenv, given)
  if not ok then return nil, name .. ": " .. message, "config" end
  -- A stranger's file may not choose who reads the conversation and gets the key.
  if not file.shipped and not given.base_url then
    local said = "%s: a provider that is not shipped speaks to the address that you give it: set providers.%s.base_url"
    return nil, said:format(name, name) .. " in config.lua", "refused"
  end
  server.base_url = address.complete(options.base_url, default)
  server.allow_http = options.allow_http or given.base_url and not next(server.has)
  server.usable = given.base_url or next(server.has) ~= nil or address.is_here(server.base_url)
  return server
end

---The names that may be opened: files, and what config.lua sets up.
---@param config? kalito.ProviderConfig
---@return string[]
function M.names(config)
  local user = config and config.providers or (config_file.get() or {}).providers or {}
  local list, seen = script.names "providers", {}
  for _, name in ipairs(list) do seen[name] = true end
  for name in pairs(user) do
    if type(name) == "string" and not seen[name] then list[#list + 1] = name end
  end
  table.sort(list)
  return list
end

-- ---- using ----

---Runs a function of the provider's file.
---@param server kalito.Server
---@param name string
---@return any result, any second, string? code nil, message, code when it failed
function M.call(server, name, ...)
  if not server.file.functions[name] then return nil, server.name .. " has no " .. name, "refused" end
  local result = table.pack(pcall(server.file.call, name, ...))
  if not result[1] then return nil, server.name .. ": " .. M.redact(server, tostring(result[2])), "policy" end
  return table.unpack(result, 2, result.n)
end

local function list_of(server)
  local list = {}
  for _, secret in pairs(secrets[server]) do list[#list + 1] = secret end
  return list
end

---The text without the server's key.
---@param server kalito.Server
---@param text string
---@return string
function M.redact(server, text)
  return failure.redact(text, list_of(server))
end

---What the server says is wrong, with its name.
---@param server kalito.Server
---@param said any
---@return string
function M.told(server, said)
  return server.name .. ": " .. failure.told(said, list_of(server))
end

-- The headers with the keys filled in: the only place where they are.
local function headers_of(server, given)
  local headers = {}
  for name, value in pairs(given or {}) do
    if type(name) ~= "string" or type(value) ~= "string" then return nil, "its headers are not strings" end
    local missing
    headers[name] = value:gsub("{{(%a+)}}", function(word)
      missing = missing or not secrets[server][word] and word
      return secrets[server][word]
    end)
    if missing then return nil, "there is no " .. missing .. ": set " .. (server.key_name or "it") end
  end
  return headers
end

---Sends a request that the provider's file has built.
---@param server kalito.Server
---@param request kalito.ProviderRequest
---@param on_chunk? fun(piece: string): boolean?
---@param extra? table more settings for kalito.http
---@return kalito.HttpResponse? response, string? message, string? code
---@return kalito.HttpResponse? refusal what the server answered instead; it may hold anything
function M.send(server, request, on_chunk, extra)
  local function refuse(why) return nil, server.name .. ": " .. why, "policy" end
  if not server.usable then
    local said = "%s: it is not set up: set %s, or providers.%s.base_url in config.lua"
    return nil, said:format(server.name, server.key_name or "its key", server.name), "config"
  end
  if type(request) ~= "table" or type(request.url) ~= "string" then return refuse "it builds no request" end
  -- Some servers tell more of themselves outside of /v1. A file that is not shipped may ask only below its base_url.
  local base = server.file.shipped and server.base_url:gsub("/v1$", "") or server.base_url
  if request.url:sub(1, #base + 1) ~= base .. "/" then
    return refuse "it wants to send to another address than its base_url"
  end
  local headers, problem = headers_of(server, request.headers)
  if not headers then return refuse(problem) end
  local ok, body = pcall(kalito.json.encode, request.body)
  if not ok then return refuse(tostring(body)) end
  local options = server.options
  local settings = {
    url = request.url, headers = headers, body = request.body and body, name = server.name, key_name = server.key_name,
    secrets = list_of(server), allow_http = server.allow_http,
    ca_file = options.ca_file ~= "" and options.ca_file or nil,
    connect_timeout = options.connect_timeout, stall_timeout = options.stall_timeout, retries = options.retries,
  }
  for key, value in pairs(server.http) do settings[key] = value end
  for key, value in pairs(extra or {}) do settings[key] = value end
  return http.request(settings, on_chunk)
end

return M
