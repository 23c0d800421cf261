-- provider.lua: talking to models: which one a name means, chats (reply.lua), lists of models, embeddings. What is
-- particular to a provider is in its file; addresses and keys are in server.lua.

local kalito = package.loaded.kalito
local servers = require "kalito.model.server"
local reply = require "kalito.model.reply"
local streams = require "kalito.model.stream"

local M = { chat = reply.chat }

---@class kalito.Target a model and the server that has it
---@field name string "ollama:mistral:7b"
---@field provider string "ollama"
---@field model string "mistral:7b"
---@field server kalito.Server

-- ---- answers that are no stream ----

---Asks for one JSON value.
---@param server kalito.Server
---@param request kalito.ProviderRequest
---@param extra? table more settings for kalito.http
---@return table? body, string? message, string? code
function M.fetch(server, request, extra)
  local response, message, code = servers.send(server, request, nil, extra)
  if not response then return nil, message, code end
  local body = streams.decode(response.body or "")
  if type(body) == "table" then return body end
  return nil, servers.told(server, "no JSON: " .. (response.body or "")), "http"
end

-- Asks for one JSON value and has it read by the provider's file.
local function fetch(server, build, read, extra, ...)
  local request, message, code = servers.call(server, build, ...)
  if not request then return nil, message or server.name .. ": it builds no request", code or "policy" end
  local body
  body, message, code = M.fetch(server, request, extra)
  if not body then return nil, message, code end
  local result, why, kind = servers.call(server, read, body)
  if type(result) ~= "table" then
    return nil, kind and why or servers.told(server, body.error or "an answer that is not understood"), "http"
  end
  return result
end

local function list_of(server, extra)
  local told = reply.settings({ server = server, model = "" }, {})
  local list, message, code = fetch(server, "models", "parse_models", extra, told)
  if not list then return nil, message, code end
  local out = {}
  for _, row in ipairs(list) do
    if type(row) == "table" and type(row.name) == "string" and kalito.text.valid(row.name) then
      out[#out + 1] = { provider = server.name, name = row.name, context = reply.whole(row.context) }
    end
  end
  return out
end

---The models of one provider, or of all that are set up.
---@param provider? string
---@param config? kalito.ProviderConfig
---@param extra? table more settings for kalito.http
---@return { provider: string, name: string, context: integer? }[]? list, string? message, string? code
---With all: `message` tells of those that did not answer.
function M.models(provider, config, extra)
  if provider then
    local server, message, code = servers.open(provider, config)
    if not server then return nil, message, code end
    return list_of(server, extra)
  end
  local all, problems = {}, {}
  for _, name in ipairs(servers.names(config)) do
    local server, message = servers.open(name, config)
    local list = {}
    if server and server.usable then list, message = list_of(server, extra) end
    if not list or not server then problems[#problems + 1] = message end
    table.move(list or {}, 1, #(list or {}), #all + 1, all)
  end
  return all, problems[1] and table.concat(problems, "; ") or nil
end

local function check_vectors(result, count)
  local vectors, size = result.vectors, nil
  if type(vectors) ~= "table" or #vectors ~= count then return nil, "not one vector for each text" end
  for _, vector in ipairs(vectors) do
    size = size or type(vector) == "table" and #vector or 0
    if type(vector) ~= "table" or #vector ~= size or size == 0 then return nil, "vectors of different sizes" end
    for i = 1, size do
      local x = vector[i]
      if math.type(x) == nil or x - x ~= 0 then return nil, "a vector that is not made of numbers" end
    end
  end
  return { vectors = vectors, dimension = size, prompt_tokens = reply.whole(result.prompt_tokens) }
end

---A vector for each text.
---@param target kalito.Target
---@param texts string[]
---@param extra? table more settings for kalito.http
---@return { vectors: number[][], dimension: integer, model: string, prompt_tokens: integer? }? result
---@return string? message, string? code
function M.embed(target, texts, extra)
  local server = target.server
  local result, message, code = fetch(server, "embed", "parse_embeddings", extra, texts, reply.settings(target, {}))
  if not result then return nil, message, code end
  result, message = check_vectors(result, #texts)
  if not result then return nil, servers.told(server, message), "http" end
  result.model = target.model
  return result
end

-- ---- names ----

local function target_of(server, model)
  return { name = server.name .. ":" .. model, provider = server.name, model = model, server = server }
end

-- "mistral" also means "mistral:latest".
local function find_model(name, config)
  local hits, names = {}, {}
  local all, problems = M.models(nil, config, { retries = 0, connect_timeout = 2 })
  for _, row in ipairs(all) do
    names[#names + 1] = row.name
    if row.name == name or row.name == name .. ":latest" then hits[#hits + 1] = row.provider .. ":" .. row.name end
  end
  return hits, names, problems
end

---The model of a name that says its provider, "ollama:mistral:7b"; nobody is asked.
---@param name string
---@param config? kalito.ProviderConfig
---@return kalito.Target? target nil alone: the name does not begin with a provider, string? message, string? code
function M.named(name, config)
  local prefix, rest = name:match "^([%w_%-]+):(.+)$"
  for _, provider in ipairs(servers.names(config)) do
    if provider == prefix then
      local server, message, code = servers.open(provider, config)
      return server and target_of(server, rest), message, code
    end
  end
end

---The model that a name means: "ollama:mistral:7b", or "mistral:7b" when only one provider has it.
---@param name string
---@param config? kalito.ProviderConfig
---@return kalito.Target? target, string? message, string? code
function M.resolve(name, config)
  local target, message, code = M.named(name, config)
  if target or message then return target, message, code end
  local prefix, rest = name:match "^([%w_%-]+):(.+)$"
  local hits, names, problems = find_model(name, config)
  if #hits == 1 then return M.resolve(hits[1], config) end
  if #hits > 1 then
    return nil, ("more than one provider has '%s': say %s"):format(name, table.concat(hits, " or ")), "ambiguous"
  end
  local near = kalito.nearest(name, names)
  if not near and prefix then
    near = kalito.nearest(prefix, servers.names(config))
    near = near and near .. ":" .. rest
  end
  local text = ("no provider has a model '%s'"):format(name)
  if near then text = text .. (" (did you mean '%s'?)"):format(near) end
  return nil, text .. (problems and "; " .. problems or ""), "not_found"
end

return M
