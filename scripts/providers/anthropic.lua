-- Anthropic's Messages API: builds requests and reads answers, named server-sent events. Pure: the host sends,
-- splits, decodes and fills in {{key}} and {{token}}.

local dialogue = kalito.script.builtin "lib/dialogue"

local defaults = {
  base_url = "https://api.anthropic.com",
  version = "2023-06-01",
  max_tokens = 4096, -- the API wants a limit; the persona's own goes before
  optional = { "temperature", "top_p" },
}

local env = { base_url = "ANTHROPIC_BASE_URL", key = "ANTHROPIC_API_KEY", token = "ANTHROPIC_AUTH_TOKEN" }

local function to(settings, path, body)
  local headers = { ["Content-Type"] = "application/json", ["anthropic-version"] = settings.options.version }
  if settings.has.key then
    headers["x-api-key"] = "{{key}}"
  elseif settings.has.token then
    headers.Authorization = "Bearer {{token}}"
  end
  return { url = settings.base_url .. path, headers = headers, body = body }
end

-- Temperature ends at 1 here, and newer models refuse it together with top_p. There is no repeat penalty.
local function request(messages, settings)
  local system, list = dialogue.turns(messages)
  local sent = to(settings, "/v1/messages", {
    model = settings.model, system = system, messages = list, stream = true,
    max_tokens = settings.maxTokens or settings.options.max_tokens,
    temperature = settings.temperature and math.min(settings.temperature, 1),
    top_p = not settings.temperature and settings.topP or nil, stop_sequences = settings.stopSequences,
  })
  sent.stream = "sse"
  return sent
end

local reasons = { end_turn = "stop", stop_sequence = "stop", max_tokens = "length", refusal = "refused",
  model_context_window_exceeded = "length" }

local function usage(given)
  if type(given) ~= "table" then return nil end
  local prompt
  for _, key in ipairs { "input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens" } do
    if math.type(given[key]) == "integer" then prompt = (prompt or 0) + given[key] end
  end
  return { usage = { prompt_tokens = prompt, completion_tokens = given.output_tokens } }
end

local events = {
  message_start = function(data) return { type(data.message) == "table" and usage(data.message.usage) or nil } end,
  content_block_delta = function(data)
    local delta = type(data.delta) == "table" and data.delta or {}
    if type(delta.text) == "string" then return { { text = delta.text } } end
    return { delta.thinking ~= nil and { thinking = true } or nil }
  end,
  message_delta = function(data)
    local deltas, stop = { usage(data.usage) }, type(data.delta) == "table" and data.delta.stop_reason
    if type(stop) == "string" then deltas[#deltas + 1] = { done = true, reason = reasons[stop] or stop } end
    return deltas
  end,
  message_stop = function() return { { last = true } } end,
  error = function(data) return { { error = data.error or "unknown error" } } end,
}

return {
  name = "anthropic",
  describe = "Anthropic's models, with ANTHROPIC_API_KEY",
  defaults = defaults, env = env, request = request,
  parse = function(event)
    local data = event.data
    return type(data) == "table" and (events[data.type] or function() return {} end)(data) or nil
  end,
  models = function(settings) return to(settings, "/v1/models?limit=1000") end,
  parse_models = kalito.script.builtin("providers/openai").parse_models, -- the same list
  context = function(settings, attempt)
    if attempt == 1 then return to(settings, "/v1/models/" .. settings.model:gsub("[^%w%.%-_]", "")) end
    return settings.model:find "^claude" and 200000 or nil -- services that stand in for it have no such list
  end,
  parse_context = function(body) return body.max_input_tokens end,
}
