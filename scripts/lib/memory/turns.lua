-- turns.lua: one turn of a chat: the user's message is stored, the context built, the model asked, and its reply stored
-- together with the trace, in one step. What fails leaves the message where it is, ready to be asked again.

local kalito = package.loaded.kalito
local behaviour = require "kalito.persona.behaviour"
local contexts = require "kalito.memory.contexts"
local model_context = require "kalito.model.context"
local models = require "kalito.model.models"
local pins = require "kalito.memory.pins"
local provider = require "kalito.model.provider"
local need = require("kalito.reading").need
local replies = require "kalito.memory.replies"
local scoring = require "kalito.memory.scoring"
local titles = require "kalito.memory.titles"
local trace = require "kalito.memory.trace"

local M = {}

-- ---- what a turn needs to know ----

local function begin(chat, options)
  local db = chat.db
  local session, message, code = db.session.get(chat.id)
  if not session then return nil, message, code end
  local persona = need(db.persona.get(options.persona or session.persona or ""))
  return { chat = chat, db = db, session = session, persona = persona, options = options, now = db.now(), more = {},
    began = kalito.system.clock() }
end

local SETTINGS <const> = { "temperature", "topP", "maxTokens", "stopSequences", "repeatPenalty" }

local function settings_of(turn)
  local settings, persona, own = {}, turn.persona or {}, turn.options.settings or {}
  for _, name in ipairs(SETTINGS) do
    settings[name] = own[name]
    if settings[name] == nil then settings[name] = persona[name] end
  end
  return settings
end

-- ---- before the request ----

-- A refused turn is told of, but nothing of it is sent or stored as said.
local function refuse(turn, text, why)
  local details = { hooks = { before = { refuse = why } }, refused = true, text = text, now = turn.now }
  turn.db.turn.add { session = turn.session.id, budget = models.budget(turn.options.budget), tokens = 0,
    hash = trace.hash {}, details = kalito.json.encode(details) }
  return nil, why, "refused"
end

-- What the persona's file wants changed of a turn; nil, and why, when it refuses the turn. A line that it adds to the
-- prompt is for this turn alone.
local function consult(turn, text)
  local said = { text = text, role = "user", session = turn.session.id }
  local change, problem = behaviour.before(turn.persona, said, turn.now)
  change = change or {}
  if change.refuse then return refuse(turn, text, change.refuse) end
  turn.more.system = change.system
  local was = not turn.message and change.text and change.text ~= text and text or nil
  if problem or change.system or was then
    turn.more.hooks = { before = { failed = problem, system = change.system, was = was } }
  end
  return change
end

-- Stores what the user says, as the persona lets it pass.
local function take(turn, text)
  local change, message, code = consult(turn, text)
  if not change then return nil, message, code end
  local row = { session = turn.session.id, role = "user", text = change.text or text }
  for key, value in pairs(turn.options.fields or {}) do row[key] = value end
  row, message, code = turn.db.message.add(scoring.fill(row, turn.now, turn.persona and turn.persona.name))
  if not row then return nil, message, code end
  turn.fresh = true
  titles.give(turn.db, turn.session, row.text)
  return row
end

local function suggest_pins(turn, row)
  pins.suggest(turn.chat, row, turn.persona and turn.persona.name)
end

local function build(turn)
  local options, target, settings = turn.options, turn.target, settings_of(turn)
  local sizes = models.sizes(turn.db, target, { budget = options.budget, answer = settings.maxTokens })
  local budget, ratio = models.estimated(turn.db, target.name, sizes.budget)
  settings.context = sizes.holds
  turn.more.settings, turn.more.persona = settings, turn.persona and turn.persona.id
  turn.more.budget, turn.more.ratio, turn.more.context = sizes.budget, ratio, sizes.context
  local context, message, code = contexts.build(turn.chat, {
    message = turn.message.id, budget = budget, query = options.query, keep = true, now = turn.now,
    persona = options.persona, system = turn.more.system, turn = turn,
  })
  -- Behind the context, which shows the message itself, and before what it shows becomes known.
  if turn.fresh then suggest_pins(turn, turn.message) end
  if context then contexts.note_shown(turn.chat, context) end
  return context, message, code
end

-- ---- the request ----

-- Asks. Ctrl-C can strike anywhere below, also where a failure is expected and caught: the hook that it leaves behind
-- tells it from a failure of the server's.
local function chat_with(turn)
  local reply, message, code, partial = provider.chat(turn.target, turn.context.messages, turn.more.settings,
    turn.options.on_delta, turn.options)
  if not reply and debug.gethook() == "external hook" then message, code = "interrupted", "interrupted" end
  return reply, message, code, partial
end

-- Ctrl-C ends the request alone: what came is stored in peace, and the next Ctrl-C is a first one.
local function request(turn)
  local ok, reply, message, code, partial = kalito.term.guard(function() return chat_with(turn) end,
    function(problem) return problem end)
  if not ok then error(reply, 0) end
  if not reply and code == "interrupted" and partial and partial.text ~= "" then
    partial.reason = "interrupted"
    return partial
  end
  return reply, message, code
end

-- ---- the turn ----

local function answer(turn)
  local message, code
  turn.target, message, code = models.target(
    turn.options.model or models.name(turn.session, turn.persona), turn.options.config)
  if not turn.target then
    if turn.fresh then suggest_pins(turn, turn.message) end
    return nil, message, code
  end
  turn.context, message, code = build(turn)
  if not turn.context then return nil, message, code end
  turn.built = kalito.system.clock()
  local reply
  reply, message, code = request(turn)
  if reply and reply.text == "" then reply, message, code = nil, turn.target.name .. ": the answer is empty", "http" end
  if not reply then
    if code == "http" then model_context.doubt(turn.db, turn.target.name) end
    replies.store_failure(turn, message, code)
    return nil, message, code
  end
  local result
  result, message, code = replies.store(turn, reply)
  if not result then return nil, message, code end
  suggest_pins(turn, result.reply)
  return result
end

---Says something and gets the model's answer.
---@param chat kalito.Conversation
---@param text string
---@param options table see conversation:ask
---@return kalito.Answer? answer, string? message, string? code
function M.ask(chat, text, options)
  local turn, message, code = begin(chat, options)
  if not turn then return nil, message, code end
  turn.message, message, code = take(turn, text)
  if not turn.message then return nil, message, code end
  return answer(turn)
end

---Asks again for the answer to a stored message. The answers to it stay until there is a new one.
---@param chat kalito.Conversation
---@param row kalito.Message
---@param replaced kalito.Message[] what the new answer takes the place of
---@param options table
---@return kalito.Answer? answer, string? message, string? code
function M.again(chat, row, replaced, options)
  local turn, message, code = begin(chat, options)
  if not turn then return nil, message, code end
  turn.message, turn.replaced = row, #replaced > 0 and replaced or nil
  local change
  change, message, code = consult(turn, row.text) -- the text stays as it is stored
  if not change then return nil, message, code end
  return answer(turn)
end

return M
