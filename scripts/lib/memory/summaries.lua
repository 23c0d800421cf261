-- summaries.lua: summarising what has outgrown a session. The policy says what is due, what a model is asked, whether
-- its answer is taken, and what is made without one; here the texts are fetched and the result stored in one step:
-- the summary, the boundary of the archive, and the scores of the messages. Each step is done or not done.

local kalito = package.loaded.kalito
local model_context = require "kalito.model.context"
local models = require "kalito.model.models"
local persona_file = require "kalito.persona.file"
local policy = require "kalito.policy"
local need = require("kalito.reading").need
local scoring = require "kalito.memory.scoring"
local transaction = require "kalito.transaction"

local M = {}

local LOOKED_AT <const> = 500 -- live messages that a decision sees at most
local TAKEN <const> = "another process has summarised them"

-- ---- what is due ----

-- The tokens of the model's context, as far as they are known without asking; else those that the latest turn was
-- given.
local function context_size(chat, options)
  if options.budget then return options.budget end
  local session = need(chat.db.session.get(chat.id)) or {}
  local name = options.model or session.model
  local context = type(name) == "string" and model_context.known(chat.db, name)
  if context then return context end
  local turn = need(chat.db.turn.find { session = chat.id, order = "newest", limit = 1 })[1]
  return turn and turn.budget or models.budget()
end

---The live part of a session as the policy sees it. Of a very long one it is the oldest messages: `live_messages` and
---`live_tokens` are then those of at least one more.
---@param chat kalito.Conversation
---@param options table `budget`
---@return table? stats, string? message, string? code
function M.stats(chat, options)
  local rows, message, code = chat.db.message.find { session = chat.id, scope = "live", limit = LOOKED_AT + 1 }
  if not rows then return nil, message, code end
  local list, tokens = {}, 0
  for i, row in ipairs(rows) do
    list[i] = { id = row.id, role = row.role, tokens = kalito.text.tokens(row.text) + 4 }
    tokens = tokens + list[i].tokens
  end
  list[LOOKED_AT + 1] = nil
  return { live_messages = #rows, live_tokens = tokens, model_context = context_size(chat, options), list = list }
end

---The range that is due.
---@param chat kalito.Conversation
---@param options? table `budget`: tokens of the model's context
---@return kalito.Range? range, string? message, string? code nil alone: nothing is due
function M.due(chat, options)
  local stats, message, code = M.stats(chat, options or {})
  if not stats then return nil, message, code end
  if #stats.list == 0 then return nil end
  return (policy.call("summarize", "due", { now = chat.db.now(), session = chat.id }, stats))
end

-- The live messages up to the last of the range.
local function messages_of(chat, range)
  local rows = {}
  for row in chat.db.message.each { session = chat.id, scope = "live" } do
    rows[#rows + 1] = row
    if row.id == range.last then
      if range.first and rows[1].id ~= range.first then break end
      return rows
    end
  end
  return nil, "the range must begin with the first live message and end with a live one", "not_found"
end

-- ---- the text ----

-- A server that is told how much to hold is told the same as by the chat: otherwise it loads the model anew. The chat
-- gives its budget, or the model's whole context when nobody has set a budget. What does not fit is not sent, for it
-- would be cut.
local function settings_for(chat, target, prompt, given)
  local context, tokens = model_context.of(chat.db, target), 0
  local sizes = models.sizes(chat.db, target, { budget = given ~= context and given or nil })
  for _, message in ipairs(prompt) do tokens = tokens + kalito.text.tokens(message.content) + 4 end
  if context and not target.server.options.sets_context and tokens > context then
    return nil, ("%s holds %d tokens, and %d are to be summarised"):format(target.name, context, tokens)
  end
  return { temperature = 0.2, context = math.max(sizes.holds, tokens * 5 // 4) }
end

-- What the model makes of it, or nil and why that is not taken.
local function by_model(chat, messages, ctx, options, target)
  local prompt = models.redacted(chat.db, policy.call("summarize", "prompt", ctx, messages))
  local settings, problem = settings_for(chat, target, prompt, options.budget)
  if not settings then return nil, problem end
  local ask = require("kalito.model.provider").chat -- not loaded where no model is asked
  local reply, message, code = ask(target, prompt, settings, options.on_delta)
  if code == "interrupted" then error("interrupted", 0) end
  if not reply then return nil, message end
  local text = reply.text:match "^%s*(.-)%s*$"
  local ok, reason = policy.call("summarize", "accept", ctx, text, messages)
  if not ok then return nil, target.name .. ": " .. reason end
  return text
end

-- The summary of some messages: text, origin, model, and why the model's was not taken.
local function written(chat, messages, ctx, options)
  local target, refused
  if options.model then
    target, refused = models.target(options.model, options.config)
    local text
    if target then text, refused = by_model(chat, messages, ctx, options, target) end
    if text then return text, "model", target.name end
  end
  local text = policy.call("summarize", "extract", ctx, messages)
  if not text:find "%S" then text = ("- Nothing to keep in %d messages."):format(#messages) end
  return text, "extract", nil, refused
end

-- The model to ask: the caller's, or the one that the session talks to. false: none.
local function with_model(chat, options)
  local own = {}
  for key, value in pairs(options) do own[key] = value end
  if own.model == nil then own.model = (need(chat.db.session.get(chat.id)) or {}).model end
  return own
end

-- A row to store, complete but for its place, and why the model's text was not taken.
local function draft(chat, messages, options)
  local db, tokens = chat.db, 0
  local ctx = { now = db.now(), session = chat.id, model_context = context_size(chat, options) }
  local text, origin, model, refused = written(chat, messages, ctx, options)
  for _, row in ipairs(messages) do tokens = tokens + kalito.text.tokens(row.text) + 4 end
  local row = {
    session = chat.id, summary = text, origin = origin, model = model, policy = policy.identity("summarize").hash,
    source_tokens = tokens, importance_score = (policy.call("summarize", "importance", ctx, text, messages)),
  }
  return row, refused
end

-- ---- summaries of messages ----

-- Nobody changed a message while the model was writing.
local function unchanged(db, rows)
  for _, row in ipairs(rows) do
    local now = need(db.message.get(row.id))
    if not now or now.text ~= row.text then return false end
  end
  return true
end

local function store(chat, rows, row, changes)
  local db = chat.db
  return transaction.run(db, function()
    local first = need(db.message.find { session = chat.id, scope = "live", limit = 1 })[1]
    if not first or first.id ~= rows[1].id then return nil, TAKEN, "exists" end
    if not unchanged(db, rows) then return nil, "messages were changed while they were summarised", "busy" end
    local made, message, code = db.summary.make(row)
    if not made then return nil, message, code end
    if made.message_count ~= #rows then return nil, "messages came in between", "busy" end
    for _, change in ipairs(changes) do
      local ok
      ok, message, code = db.message.set(change)
      if not ok then return nil, message, code end
    end
    return made
  end)
end

---Summarises a range and archives it.
---@param chat kalito.Conversation
---@param options? { range?: kalito.Range, model?: string|false, budget?: integer, config?: table, on_delta?: function }
---@return kalito.Summary? row, string? message, string? code `exists`: another process was first. Without `range`, nil
---alone: nothing is due. With a row, `message` says why the model's text was not taken
function M.make(chat, options)
  options = with_model(chat, options or {})
  local range, message, code = options.range, nil, nil
  if not range then range, message, code = M.due(chat, options) end
  if not range then return nil, message, code end
  local rows
  rows, message, code = messages_of(chat, range)
  if not rows and not options.range then return nil, TAKEN, "exists" end -- between the decision and now
  if not rows then return nil, message, code end
  local row, refused = draft(chat, rows, options)
  row.start_message_id, row.end_message_id = tostring(rows[1].id), tostring(rows[#rows].id)
  local changes, now, persona = {}, chat.db.now(), persona_file.answering(chat.db, chat.id)
  for _, source in ipairs(rows) do changes[#changes + 1] = scoring.after(source, "summarised", now, persona) end
  local made
  made, message, code = store(chat, rows, row, changes)
  return made, made and refused or message, code
end

M.draft, M.with_model = draft, with_model

return M
