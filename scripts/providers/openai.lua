-- OpenAI and everything that speaks its chat completions: llama.cpp, LM Studio, vLLM and many services. Builds
-- requests and reads answers, server-sent events that end with [DONE]. Pure: the host sends, splits, decodes and
-- fills in {{key}}.

local dialogue = kalito.script.builtin "lib/dialogue"

local defaults = {
  base_url = "https://api.openai.com/v1",
  organization = "", project = "", -- headers of OpenAI's own service
  optional = { "temperature", "top_p", "stop", "stream_options", "max_tokens" },
  renamed = { max_tokens = "max_completion_tokens" },
}

-- OpenAI's own list does not tell: beginnings of names, the first that fits.
local contexts = {
  { "gpt-4.1", 1047576 }, { "gpt-4o", 128000 }, { "gpt-4-turbo", 128000 }, { "gpt-4", 8192 }, { "gpt-3.5", 16385 },
  { "o1", 200000 }, { "o3", 200000 }, { "o4", 200000 }, { "gpt-5", 400000 },
}
local function is_own(settings) return settings.base_url:find "^https://api%.openai%.com/" ~= nil end

local env = { base_url = "OPENAI_BASE_URL", key = "OPENAI_API_KEY",
  organization = "OPENAI_ORG_ID", project = "OPENAI_PROJECT_ID" }

local function some(value) return value ~= "" and value or nil end

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
  local body = {
    model = settings.model, messages = dialogue.list(messages),
    stream = true, stream_options = { include_usage = true },
    temperature = settings.temperature, top_p = settings.topP, stop = settings.stopSequences,
  }
  body[is_own(settings) and "max_completion_tokens" or "max_tokens"] = settings.maxTokens
  local sent = to(settings, "/chat/completions", body)
  sent.stream = "sse"
  return sent
end

-- What is said: a text, or with Mistral a list of parts, of which some are thoughts.
local function text_of(content)
  if type(content) ~= "table" then return type(content) == "string" and content or "" end
  local texts = {}
  for i, part in ipairs(content) do
    texts[i] = type(part) == "table" and type(part.text) == "string" and part.text or ""
  end
  return table.concat(texts)
end

-- A refusal has a field of its own; what the model thinks has two names, one of llama.cpp and vLLM, one of OpenRouter.
local function delta_of(choice)
  local part = choice.delta or choice.message
  if type(part) ~= "table" then return nil end
  local text = text_of(part.content) .. text_of(part.refusal)
  if text ~= "" then return { text = text } end
  return (type(part.content) == "table" or part.reasoning_content or part.reasoning) and { thinking = true } or nil
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
      local reason = choice.finish_reason == "content_filter" and "filtered" or choice.finish_reason
      deltas[#deltas + 1] = { done = true, reason = reason }
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
  if attempt == 1 then return to(settings, "/models") end
  local path = settings.base_url:find "^http:" and ({ nil, "/props", "/api/v0/models" })[attempt]
  if not path then return nil end
  local sent = to(settings, path)
  sent.url = settings.base_url:gsub("/v1$", "") .. path
  return sent
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
  parse_embeddings = parse_embeddings, context = context, parse_context = parse_context,
  models = function(settings) return to(settings, "/models") end,
  embed = function(texts, settings)
    return to(settings, "/embeddings", { model = settings.model, input = texts, encoding_format = "float" })
  end,
}
