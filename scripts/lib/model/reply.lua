-- reply.lua: asking a model for a reply that comes in a stream: what it is told, its deltas put together, and what
-- came before a failure kept.

local kalito = package.loaded.kalito
local refusal = require "kalito.model.refusal"
local servers = require "kalito.model.server"
local streams = require "kalito.model.stream"
local thinking = require "kalito.model.thinking"

local M = {}

---@class kalito.Reply
---@field text string
---@field usage { prompt_tokens: integer?, completion_tokens: integer? }
---@field model string
---@field reason string "stop", "length", "refused" (by the model), "filtered" (by its provider) ..., "stopped" by
---on_delta, "unfinished": the stream ended without a word
---@field timings { first: number?, total: number } seconds
---@field left_out? string[] fields of the request that the model has refused: it was asked without them

-- ---- settings ----

local kinds = {
  temperature = "number", topP = "number", maxTokens = "number", repeatPenalty = "number", context = "number",
}

local function strings_of(value)
  if type(value) == "string" then value = streams.decode(value) end
  return type(value) == "table" and #value > 0 and value or nil
end

---What a provider's file is told. Settings that config.lua omits for this provider are left out.
---@param target kalito.Target
---@param given table
---@return kalito.ProviderSettings
function M.settings(target, given)
  local server = target.server
  local told = { model = target.model, base_url = server.base_url, has = server.has, options = server.options }
  for name, kind in pairs(kinds) do
    if type(given[name]) == kind then told[name] = given[name] end
  end
  told.stopSequences = strings_of(given.stopSequences)
  for _, name in ipairs(server.options.omit) do
    if kinds[name] or name == "stopSequences" then told[name] = nil end
  end
  return told
end

-- ---- chat ----

---The value when it is a count, else nil.
---@param value any
---@return integer?
function M.whole(value)
  return math.type(value) == "integer" and value >= 0 and value <= 1e9 and value or nil
end

local function take(state, text, on_delta)
  if text == "" then return end
  state.first = state.first or kalito.system.clock()
  state.texts[#state.texts + 1] = text
  if on_delta and on_delta(text) == false then state.reason, state.last = "stopped", true end
end

-- One delta into the state. False: nothing more is to be read.
local function apply(state, delta, on_delta)
  if type(delta) ~= "table" then return true end
  if delta.error ~= nil then
    state.problem = servers.told(state.server, delta.error) .. ": ask again"
    return false
  end
  if type(delta.usage) == "table" then
    state.usage.prompt_tokens = M.whole(delta.usage.prompt_tokens) or state.usage.prompt_tokens
    state.usage.completion_tokens = M.whole(delta.usage.completion_tokens) or state.usage.completion_tokens
  end
  if delta.done then state.reason = type(delta.reason) == "string" and delta.reason:sub(1, 64) or "stop" end
  if delta.last then state.last = true end
  if type(delta.text) == "string" and kalito.text.valid(delta.text) then
    take(state, state.thinking:feed(delta.text), on_delta)
  end
  if state.on_thinking and (delta.thinking or state.thinking.state == "in") then state.on_thinking() end
  return true
end

local function on_event(state, on_delta)
  return function(event)
    local deltas, kept, code = servers.call(state.server, "parse", event, state.kept)
    if type(deltas) ~= "table" then
      state.problem = code and kept or servers.told(state.server, "not understood: " .. event.text)
      return false
    end
    if kept ~= nil then state.kept = kept end
    local counted = false
    for _, delta in ipairs(deltas) do
      if not apply(state, delta, on_delta) then return false end
      counted = counted or type(delta) == "table" and type(delta.usage) == "table"
    end
    -- Usage comes with the end or after it: some servers say nothing more, and hold the connection.
    return not state.last and not (state.reason and counted)
  end
end

local function reply_of(state, target)
  local now = kalito.system.clock()
  return {
    text = table.concat(state.texts), usage = state.usage, model = target.model, reason = state.reason or "unfinished",
    timings = { first = state.first and state.first - state.begun, total = now - state.begun },
    left_out = refusal.left_out(target),
  }
end

local EMPTY <const> = "the answer is empty"
-- Why nothing was said, when the server says why.
local WHY_EMPTY <const> = {
  length = EMPTY .. ": its tokens were used up before a word came; a model that thinks needs more",
  refused = "the model declines to answer", filtered = "a filter of the provider's kept the answer back",
}

-- A stream that ended by itself is over even when the connection then broke.
local function conclude(state, stream, target, on_delta, response, message, code)
  if response then stream:finish() end
  take(state, state.thinking:finish(), on_delta)
  if stream.problem then state.problem = state.problem or servers.told(target.server, stream.problem) end
  if not response and not state.reason then state.problem, state.code = state.problem or message, code end
  local empty = #state.texts == 0 and (state.reason == nil and EMPTY or WHY_EMPTY[state.reason])
  if empty and not state.problem then state.problem = servers.told(target.server, empty) end
  local reply = reply_of(state, target)
  if not state.problem then return reply end
  return nil, state.problem, state.code or "http", reply
end

-- A stranger's file gets no text longer than the jail lets in: it would be cut.
local function too_long(target, messages)
  if target.server.file.shipped then return false end
  for _, message in ipairs(messages) do
    if #message.content > 65536 then return true end
  end
  return false
end

---Asks the model. The text comes in pieces to on_delta, which may return false to stop.
---@param target kalito.Target
---@param messages { role: string, content: string }[]
---@param settings? table of the persona: temperature, topP, maxTokens, stopSequences, repeatPenalty; context
---@param on_delta? fun(text: string): boolean?
---@param hooks? { on_wait?: fun(seconds: number), on_thinking?: fun() } told before it waits to try again, and while
---the model thinks
---@return kalito.Reply? reply, string? message, string? code, kalito.Reply? partial what came before it failed
function M.chat(target, messages, settings, on_delta, hooks)
  local server = target.server
  local state = { server = server, texts = {}, usage = {}, kept = {}, thinking = thinking.new(),
    on_thinking = hooks and hooks.on_thinking, begun = kalito.system.clock() }
  if too_long(target, messages) then
    return nil, server.name .. ": a message is too long for a provider's file in the jail", "refused"
  end
  local request, message, code = servers.call(server, "request", messages, M.settings(target, settings or {}))
  if not request then return nil, message or server.name .. ": it builds no request", code or "policy" end
  if request.stream ~= "sse" and request.stream ~= "ndjson" then
    return nil, server.name .. ": its request must say stream = \"sse\" or \"ndjson\"", "policy"
  end
  local stream = streams.new(request.stream, on_event(state, on_delta))
  local ok, response
  local function feed(chunk) return stream:feed(chunk) end
  ok, response, message, code = pcall(refusal.send, target, request, feed, { on_wait = hooks and hooks.on_wait })
  if ok then return conclude(state, stream, target, on_delta, response, message, code) end
  if not tostring(response):find "interrupted" then error(response, 0) end
  return nil, "interrupted", "interrupted", reply_of(state, target)
end

return M
