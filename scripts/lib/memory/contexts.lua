-- contexts.lua: the context of the next model call, as the policies want it: the persona's prompt, the plan, and what
-- the history says about the new message.

local policy = require "kalito.policy"
local need = require("kalito.reading").need

local M = {}

-- ---- what is recalled ----

-- How many messages the plan wants recalled. A plan may hold anything.
local function recalled_limit(plan)
  local limit = type(plan.recalled) == "table" and math.tointeger(plan.recalled.limit)
  return limit and math.max(0, math.min(limit, 100)) or 0
end

-- What came after the new message, an answer that is asked for again, is no memory.
local function is_later(row, new)
  return new and row.session == new.session
    and (row.created_at > new.created_at or row.created_at == new.created_at and row.id >= new.id)
end

-- What is looked for, and where. An archived session stays out of what others recall, and recalls of itself alone.
local function request_of(chat, query, options)
  local session = need(chat.db.session.get(chat.id))
  local own = options.scope == "session" or session and session.archived_at
  return { query = query, limit = options.limit, without = options.without, asked = options.asked,
    session = own and chat.id or nil }
end

---What the history says about a query, in the order that the policy wants.
---@param chat kalito.Conversation
---@param query string
---@param options { limit?: integer, scope?: "all"|"session", without?: integer }
---@return table? hits, string? message, string? code
function M.recall(chat, query, options)
  return require("kalito.memory.recall").find(chat.db, request_of(chat, query, options))
end

-- What the core is to recall, or what was recalled here because a policy or vectors have a say.
local function recall_for(request, chat, query, new, now)
  local limit = recalled_limit(request.plan)
  if not query or query == "" or limit == 0 then return true end
  local recall = require "kalito.memory.recall"
  local scope = request.plan.recalled.scope
  local similar = recall.plain()
  if similar then
    request.query, request.own, request.similar, request.asked = query, scope == "session", similar, now
    return true
  end
  local wanted = request_of(chat, query, { limit = limit, scope = scope, without = new and new.id, asked = now })
  local hits, message, code = recall.rows(chat.db, wanted)
  if not hits then return nil, message, code end
  request.recalled = {}
  for _, hit in ipairs(hits) do
    if not is_later(hit, new) then
      table.insert(request.recalled, { id = hit.id, score = hit.score, lent = hit.lent, reasons = hit.reasons,
        beside = hit.question or hit.answer, copies = hit.copies })
    end
  end
  return true
end

-- ---- the whole ----

local function persona_of(chat, id)
  local session = not id and need(chat.db.session.get(chat.id))
  local key = id or session and session.persona
  return key and need(chat.db.persona.get(key))
end

local function prompt_of(persona, now, line)
  local prompt = persona and require("kalito.persona.behaviour").system(persona, now)
  if not line then return prompt end
  return prompt and prompt ~= "" and prompt .. "\n\n" .. line or line
end

---The system prompt of a persona.
---@param chat kalito.Conversation
---@param id? string of a persona, default the session's
---@param now string
---@return string?
function M.prompt(chat, id, now)
  return prompt_of(persona_of(chat, id), now)
end

-- What the persona's character card has to say now. Most databases have no card.
local function notes(chat, options, new, now, persona)
  if not persona or need(chat.db.card.count()) == 0 then return nil end
  return require("kalito.card.lore").notes(chat, options.persona, options.text, new, now)
end

-- What is ours is not the core's.
local OWN = { now = true, system = true, query = true, turn = true }

---@param chat kalito.Conversation
---@param options table see conversation:context; `turn`: has message and persona as rows
---@return kalito.Context? context, string? message, string? code
function M.build(chat, options)
  local db, now = chat.db, options.now or chat.db.now()
  local turn = options.turn or { message = options.message and need(db.message.get(options.message)),
    persona = persona_of(chat, options.persona) }
  local new, persona = turn.message, turn.persona
  local query = options.query or options.text or new and new.text
  local who = persona and persona.name
  local ctx = { now = now, session = chat.id, budget = options.budget, query = query, persona = who }
  local request = { session = chat.id, plan = policy.call("context", "plan", ctx) }
  for key, value in pairs(options) do
    if not OWN[key] then request[key] = value end
  end
  request.prompt = options.prompt or prompt_of(persona, now, options.system)
  request.notes = notes(chat, options, new, now, persona)
  local ready, message, code = true, nil, nil
  if not request.recalled then ready, message, code = recall_for(request, chat, query, new, now) end
  if not ready then return nil, message, code end
  local context
  context, message, code = db.context.build(request)
  if not context then return nil, message, code end
  context.policy, context.persona = policy.identity("context", who), who
  context.now = now
  return context
end

-- ---- what was shown ----

local MEMORY = { pin = true, summary = true, recalled = true }
local LATEST, KEPT = 4, 64 -- contexts, and texts of them, whose texts are known to have been shown

---Notes what a context shows: what is said again because it was shown is not pinned.
---@param chat kalito.Conversation
---@param context kalito.Context
function M.note_shown(chat, context)
  chat.latest = chat.latest or {}
  table.insert(chat.latest, 1, context)
  chat.latest[LATEST + 1] = nil
end

local function text_of(db, item)
  if item.part == "summary" then return (need(db.summary.get(item.id)) or {}).summary end
  local id = item.part == "recalled" and math.tointeger(tonumber(item.id))
  return id and (need(db.message.get(id)) or {}).text
end

-- Of the session's latest turn, when no context was built in this process yet.
local function shown_before(chat)
  local turn = need(chat.db.turn.find { session = chat.id, order = "newest", limit = 1 })[1]
  local details = turn and require("kalito.memory.trace_items").read(turn.details) or {}
  local list = {}
  for _, item in ipairs(details.items or {}) do
    list[#list + 1] = item["in"] and text_of(chat.db, item) or nil
  end
  return list
end

---The texts from memory that were shown: in this process, else in the session's latest turn.
---@param chat kalito.Conversation
---@return string[]
function M.shown(chat)
  if not chat.latest then return shown_before(chat) end
  local list, seen = {}, {}
  for _, context in ipairs(chat.latest) do
    for _, item in ipairs(context.items) do
      if #list < KEPT and item["in"] and MEMORY[item.part] and not seen[item.text] then
        list[#list + 1], seen[item.text] = item.text, true
      end
    end
  end
  return list
end

return M
