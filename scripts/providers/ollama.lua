-- Ollama: models that run on this machine or near it. Builds requests for its own API and reads its answers, one JSON
-- object a line. Pure: the host sends, splits the stream into events, decodes them and fills in {{key}}.

local dialogue = kalito.script.builtin "lib/dialogue"

local defaults = {
  base_url = "http://127.0.0.1:11434",
  keep_alive = "",     -- how long the model stays loaded after an answer: "10m"; "": as the server has it
  sets_context = true, -- as num_ctx: what a server has by itself is small, and it cuts what is longer without a word
  usual_context = 8192, -- tokens of it, where the model can take them and its own file does not say: they cost memory
}

local env = { base_url = "OLLAMA_HOST", key = "OLLAMA_API_KEY" }

local function to(settings, path, body)
  local headers = { ["Content-Type"] = "application/json" }
  if settings.has.key then headers.Authorization = "Bearer {{key}}" end
  return { url = settings.base_url .. path, headers = headers, body = body }
end

local function request(messages, settings)
  local keep_alive = settings.options.keep_alive
  local sent = to(settings, "/api/chat", {
    model = settings.model, messages = dialogue.list(messages), stream = true,
    keep_alive = keep_alive ~= "" and keep_alive or nil,
    truncate = false, -- newer servers then refuse what is too long
    options = {
      temperature = settings.temperature, top_p = settings.topP, num_predict = settings.maxTokens,
      stop = settings.stopSequences, repeat_penalty = settings.repeatPenalty,
      num_ctx = settings.context,
    },
  })
  sent.stream = "ndjson"
  return sent
end

local function parse(event)
  local data, deltas = event.data, {}
  if type(data) ~= "table" then return nil end
  if data.error ~= nil then return { { error = data.error } } end
  local message = type(data.message) == "table" and data.message or {}
  if type(message.content) == "string" and message.content ~= "" then
    deltas[1] = { text = message.content }
  elseif type(message.thinking) == "string" and message.thinking ~= "" then
    deltas[1] = { thinking = true }
  end
  if data.done == true then
    deltas[#deltas + 1] = {
      usage = { prompt_tokens = data.prompt_eval_count, completion_tokens = data.eval_count },
    }
    deltas[#deltas + 1] = { done = true, reason = data.done_reason, last = true }
  end
  return deltas
end

local function models(settings)
  return to(settings, "/api/tags")
end

local function parse_models(body)
  local list = {}
  for _, model in ipairs(type(body) == "table" and type(body.models) == "table" and body.models or {}) do
    if type(model) == "table" and type(model.name) == "string" then list[#list + 1] = { name = model.name } end
  end
  return list
end

local function context(settings, attempt)
  return attempt == 1 and to(settings, "/api/show", { model = settings.model }) or nil
end

-- The model's own file may set num_ctx; what it was trained with is the most that it can take.
local function parse_context(body, settings)
  local own = type(body.parameters) == "string" and body.parameters:match "%f[%w_]num_ctx%s+(%d+)"
  local size, most = math.tointeger(tonumber(own)) or settings.options.usual_context, nil
  for key, value in pairs(type(body.model_info) == "table" and body.model_info or {}) do
    if type(key) == "string" and key:find "%.context_length$" then most = math.tointeger(value) end
  end
  return most and most > 0 and math.min(size, most) or size
end

local function embed(texts, settings)
  return to(settings, "/api/embed", { model = settings.model, input = texts })
end

local function parse_embeddings(body)
  return { vectors = body.embeddings, prompt_tokens = body.prompt_eval_count }
end

return {
  name = "ollama",
  describe = "Ollama: models on this machine, or on one named by OLLAMA_HOST",
  defaults = defaults, env = env, request = request, parse = parse, models = models, parse_models = parse_models,
  context = context, parse_context = parse_context, embed = embed, parse_embeddings = parse_embeddings,
}
