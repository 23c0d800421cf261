-- chat.lua: a conversation at a terminal or in a pipe: what is said goes to the model, and its answer is shown as it
-- comes. What is summarised in the meantime is in chat_summary.lua.

local kalito = package.loaded.kalito
local behaviour = require "kalito.persona.behaviour"
local contexts = require "kalito.memory.contexts"
local models = require "kalito.model.models"
local print = require "kalito.terminal.print"
local need = require("kalito.reading").need
local titles = require "kalito.memory.titles"

local M = {}

---@class kalito.Chat
---@field db kalito.Store
---@field talk kalito.Conversation
---@field app kalito.App
---@field model? string
---@field budget? integer
---@field notebook? boolean nothing is sent
---@field told? integer how many fields that the model refuses the user was told of
---@field terminal? boolean
---@field child? { process: integer, began: string, name: string? } what summarises in the meantime

local function session_of(chat)
  return need(chat.db.session.get(chat.talk.id))
end

local function persona_of(chat)
  return need(chat.db.persona.get((session_of(chat) or {}).persona or ""))
end

---The name of the model that would be asked.
---@param chat kalito.Chat
---@return string?
function M.model_name(chat)
  return models.name(session_of(chat) or {}, persona_of(chat), chat.model)
end

-- The prompt waits for no server: what a model holds is known once it was asked something.
local function target_of(chat)
  local name = not chat.notebook and M.model_name(chat)
  return name and models.named(name) or nil
end

---How much the model is sent, as far as that is known without asking its server.
---@param chat kalito.Chat
---@param asks? boolean its server is asked
---@return kalito.Sizes
function M.sizes(chat, asks)
  local persona = persona_of(chat)
  return models.sizes(chat.db, target_of(chat), { budget = chat.budget, answer = persona and persona.maxTokens,
    unasked = not asks })
end

---The budget of the next turn, in estimated tokens.
---@param chat kalito.Chat
---@param asks? boolean the model's server is asked
---@return integer
function M.budget(chat, asks)
  local target, budget = target_of(chat), M.sizes(chat, asks).budget
  return target and (models.estimated(chat.db, target.name, budget)) or budget
end

-- ---- the prompt ----

-- How much of the budget the session fills before the next message.
local function fill(chat)
  local budget = M.budget(chat)
  local context = contexts.build(chat.talk, { budget = budget })
  return context and math.floor(100 * context.tokens / budget + 0.5)
end

---@param chat kalito.Chat
---@return string
function M.prompt(chat)
  local share = fill(chat)
  local who = chat.notebook and "notebook" or M.model_name(chat) or "no model"
  return ("[%s %s] > "):format(print.safe(who), share and share .. "%" or "full")
end

-- ---- talking ----

---What the methods of the conversation are told.
---@param chat kalito.Chat
---@return kalito.AskOptions
function M.options(chat)
  return { model = chat.model, budget = chat.budget }
end

local NOTES <const> = {
  interrupted = "(stopped; what came is kept)", unfinished = "(the answer broke off; what came is kept)",
  length = "(the answer reached its longest length)", refused = "(the model declined to say more)",
  filtered = "(a filter of the provider's ended the answer)",
}

local function tell_left_out(chat, answer)
  local list = answer.left_out or {}
  if #list > (chat.told or 0) then
    print.note(("(%s takes no %s: it was asked without)"):format(answer.model, table.concat(list, ", ")))
  end
  chat.told = #list
end

local function show(chat, answer, streamed)
  if print.json then
    return print.object { text = answer.text, model = answer.model, session = chat.talk.id, message = answer.message.id,
      reply = answer.reply.id, turn = answer.turn, partial = answer.partial or kalito.json.null,
      tokens = answer.context.tokens, usage = answer.usage }
  end
  print.write((streamed and "" or print.safe_lines(answer.text)) .. "\n")
  local note = NOTES[answer.partial or answer.reason]
  if note then print.note(note) end
  tell_left_out(chat, answer)
end

-- What takes longer than people wait in silence.
local function tell_wait(seconds)
  if seconds >= 2 then print.note(("(trying again in %d s)"):format(math.ceil(seconds))) end
end

---Runs a method that gives an answer, and shows that.
---@param chat kalito.Chat
---@param method "ask"|"retry"
---@param ... any its arguments before the options
---@return boolean? ok, string? message, string? code
function M.run(chat, method, ...)
  local list, options, begun = table.pack(...), M.options(chat), false
  options.on_wait = tell_wait
  options.on_thinking = function() print.progress "thinking ..." end
  -- Pieces are shown as they come, unless the persona's file has the last word on the whole.
  options.on_delta = not print.json and not behaviour.rewrites(persona_of(chat)) and function(text)
    if not begun then print.progress(nil) end
    begun = true
    print.write(print.safe_lines(text))
    print.flush()
  end or nil
  list[list.n + 1] = options
  local answer, message, code = chat.talk[method](chat.talk, table.unpack(list, 1, list.n + 1))
  print.progress(nil)
  if not answer then
    if begun then print.write "\n" end
    if code == "budget" then message = message .. ": a larger one (--budget, /budget) or less text helps" end
    return nil, message, code
  end
  chat.model = chat.model and answer.model -- with its provider
  show(chat, answer, begun)
  return true
end

-- A question to a notebook is answered from memory.
local function look_up(chat, row)
  local hits = row.text:find "%?%s*$" and chat.talk:recall(row.text, { limit = 3, without = row.id }) or {}
  for _, hit in ipairs(hits) do
    local date = (hit.created_at or ""):sub(1, 10)
    print.write(("%s %s: %s\n"):format(date, hit.speaker or hit.role, print.safe(hit.text)))
  end
end

---Takes what the user says: to the model, or into the notebook.
---@param chat kalito.Chat
---@param text string
---@return boolean? ok, string? message, string? code
function M.say(chat, text)
  if not kalito.text.valid(text) then return nil, "this is not valid UTF-8", "misuse" end
  if not chat.notebook then return M.run(chat, "ask", text) end
  local row, message, code = chat.talk:add("user", text)
  if not row then return nil, message, code end
  titles.give(chat.db, session_of(chat), row.text)
  look_up(chat, row)
  return true
end

return M
