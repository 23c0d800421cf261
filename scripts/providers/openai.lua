-- OpenAI and everything that speaks its chat completions: llama.cpp, LM Studio, vLLM and many services. Builds
-- requests and reads answers, server-sent events that end with [DONE]. Pure: the host sends, splits, decodes and
-- fills in {{key}}.

local dialogue = kalito.script.builtin "lib/dialogue"

local defaults = {
  base_url = "https://api.openai.com/v1",
  organization = "", project = "", -- headers of OpenAI's own service
  max_tokens_field = "",           -- how the limit of an answer is called; "": by the address
  optional = { "temperature", "top_p", "stop", "stream_options", "max_tokens" },
}

-- OpenAI's own list does not tell: beginnings of names, the first that fits.
local contexts = {
  { "gpt-4.1", 1047576 }, { "gpt-4o", 128000 }, { "gpt-4-turbo", 128000 }, { "gpt-4", 8192 }, { "gpt-3.5", 16385 },
  { "o1", 200000 }, { "o3", 200000 }, { "o4", 200000 }, { "gpt-5", 400000 },
}
local function is_own(settings)
  return settings.base_url:find "^https://api%.openai%.com/" ~= nil
end

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
  local own = is_own(settings) and "max_completion_tokens" or "max_tokens"
  local body = {
    model = settings.model, messages = dialogue.list(messages), stream = true,
    stream_options = { include_usage = true },
    temperature = settings.temperature, top_p = settings.topP, stop = settings.stopSequences,
  }
  body[some(settings.options.max_tokens_field) or own] = settings.maxTokens
  local sent = to(settings, "/chat/completions", body)
  sent.stream = "sse"
  return sent
end

-- What the model thinks is called in two ways, by llama.cpp and vLLM, and by OpenRouter.
local function delta_of(choice)
  local part = choice.delta or choice.message
  if type(part) ~= "table" then return nil end
  if type(part.content) == "string" and part.content ~= "" then return { text = part.content } end
  return (type(part.reasoning_content) == "string" or type(part.reasoning) == "string") and { thinking = true } or nil
end

-- Usage comes with the last choice, after it, or never; [DONE] may be missing.
local function parse(event)
  local data, deltas = event.data, {}
  if event.text == "[DONE]" then return { { last = true } } end
  if type(data) ~= "table" then return nil end
  if data.error ~= nil then return { { error = data.error } } end
  local choice = type(data.choices) == "table" and data.choices[1]
  if type(choice) == "table" then
    deltas[1] = delta_of(choice)
    if type(choice.finish_reason) == "string" then
      deltas[#deltas + 1] = { done = true, reason = choice.finish_reason }
    end
  end
  if type(data.usage) == "table" then deltas[#deltas + 1] = { usage = data.usage } end
  return deltas
end

-- ---- models ----

local function rows_of(body)
  local list = {}
  for _, row in ipairs(type(body.data) == "table" and body.data or {}) do
    if type(row) == "table" and type(row.id) == "string" then list[#list + 1] = row end
  end
  return list
end

-- What a server says of a model: LM Studio (which tells the most of one that is not loaded), vLLM, llama.cpp,
-- OpenRouter, Groq, Mistral.
local function context_of(row)
  local meta = type(row.meta) == "table" and row.meta or {}
  return row.loaded_context_length or row.max_model_len or meta.n_ctx or row.context_length or row.context_window
    or not row.state and row.max_context_length or nil
end

local function parse_models(body)
  local list = {}
  for i, row in ipairs(rows_of(body)) do list[i] = { name = row.id, context = context_of(row) } end
  return list
end

-- A list of one is that of a server with one model, which may be called anything.
local function parse_context(body, settings)
  local rows, props = rows_of(body), body.default_generation_settings
  for _, row in ipairs(rows) do
    if row.id == settings.model or #rows == 1 then return context_of(row) end
  end
  return type(props) == "table" and props.n_ctx or nil
end

-- The list; else what llama.cpp and LM Studio have beside it, which no service in the net has.
local function context(settings, attempt)
  for _, row in ipairs(is_own(settings) and contexts or {}) do
    if settings.model:sub(1, #row[1]) == row[1] then return row[2] end
  end
  local here = settings.base_url:find "^http:" and not is_own(settings)
  if attempt == 1 then return to(settings, "/models") end
  local path = here and ({ nil, "/props", "/api/v0/models" })[attempt]
  if not path then return nil end
  local sent = to(settings, path)
  sent.url = settings.base_url:gsub("/v1$", "") .. path
  return sent
end

-- ---- embeddings ----

local function parse_embeddings(body)
  local vectors = {}
  for i, row in ipairs(body.data) do vectors[(math.tointeger(row.index) or i - 1) + 1] = row.embedding end
  return { vectors = vectors, prompt_tokens = body.usage and body.usage.prompt_tokens }
end

return {
  name = "openai",
  describe = "OpenAI, or any server with its API, named by OPENAI_BASE_URL",
  defaults = defaults, env = env, request = request, parse = parse, parse_models = parse_models,
  parse_embeddings = parse_embeddings, context = context, parse_context = parse_context,
  models = function(settings) return to(settings, "/models") end,
  embed = function(texts, settings)
    return to(settings, "/embeddings", { model = settings.model, input = texts, encoding_format = "float" })
  end,
}
