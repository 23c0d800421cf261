-- OpenAI and everything that speaks its chat completions: llama.cpp, LM Studio, vLLM and many services. Builds
-- requests and reads answers, server-sent events that end with [DONE]. Pure: the host sends, splits, decodes and
-- fills in {{key}}.

local defaults = {
  base_url = "https://api.openai.com/v1",
  organization = "", project = "", -- headers of OpenAI's own service
  max_tokens_field = "",           -- how the limit of an answer is called; "": by the address
}

local env = {
  base_url = "OPENAI_BASE_URL", key = "OPENAI_API_KEY", organization = "OPENAI_ORG_ID", project = "OPENAI_PROJECT_ID",
}

local function some(value)
  if value ~= "" then return value end
end

local function to(settings, path, body)
  local options = settings.options
  return {
    url = settings.base_url .. path, body = body,
    headers = {
      ["Content-Type"] = "application/json", Authorization = settings.has.key and "Bearer {{key}}" or nil,
      ["OpenAI-Organization"] = some(options.organization), ["OpenAI-Project"] = some(options.project),
    },
  }
end

-- OpenAI's newer models refuse the old name, many other servers do not know the new one. There is no field for the
-- persona's repeatPenalty: frequency_penalty is another thing.
local function request(messages, settings)
  local own = settings.base_url:find("^https://api%.openai%.com/") and "max_completion_tokens" or "max_tokens"
  local list = {}
  for i, message in ipairs(messages) do list[i] = { role = message.role, content = message.content } end
  local body = {
    model = settings.model, messages = list, stream = true, stream_options = { include_usage = true },
    temperature = settings.temperature, top_p = settings.topP, stop = settings.stopSequences,
  }
  body[some(settings.options.max_tokens_field) or own] = settings.maxTokens
  local sent = to(settings, "/chat/completions", body)
  sent.stream = "sse"
  return sent
end

local function content_of(choice)
  local part = choice.delta or choice.message
  if type(part) == "table" and type(part.content) == "string" and part.content ~= "" then return part.content end
end

-- Usage comes with the last choice, after it, or never; [DONE] may be missing.
local function parse(event)
  local data, deltas = event.data, {}
  if event.text == "[DONE]" then return { { last = true } } end
  if type(data) ~= "table" then return nil end
  if data.error ~= nil then return { { error = data.error } } end
  local choice = type(data.choices) == "table" and data.choices[1]
  if type(choice) == "table" then
    local text = content_of(choice)
    if text then deltas[1] = { text = text } end
    if type(choice.finish_reason) == "string" then
      deltas[#deltas + 1] = { done = true, reason = choice.finish_reason }
    end
  end
  if type(data.usage) == "table" then deltas[#deltas + 1] = { usage = data.usage } end
  return deltas
end

local function parse_models(body)
  local list = {}
  for _, model in ipairs(type(body) == "table" and type(body.data) == "table" and body.data or {}) do
    if type(model) == "table" and type(model.id) == "string" then
      local meta = type(model.meta) == "table" and model.meta.n_ctx_train or nil -- llama.cpp
      list[#list + 1] = { name = model.id, context = model.max_model_len or meta } -- vLLM
    end
  end
  return list
end

local function parse_embeddings(body)
  local vectors = {}
  for i, row in ipairs(body.data) do vectors[(math.tointeger(row.index) or i - 1) + 1] = row.embedding end
  return { vectors = vectors, prompt_tokens = body.usage and body.usage.prompt_tokens }
end

return {
  name = "openai",
  describe = "OpenAI, or any server with its API, named by OPENAI_BASE_URL",
  defaults = defaults, env = env, request = request, parse = parse, parse_models = parse_models,
  parse_embeddings = parse_embeddings,
  models = function(settings) return to(settings, "/models") end,
  embed = function(texts, settings)
    return to(settings, "/embeddings", { model = settings.model, input = texts, encoding_format = "float" })
  end,
}
