-- models.lua: which model a conversation talks to, and how its tokens compare with the estimate: a running ratio of
-- what it reports, kept in the database.

local config = require "kalito.config"
local model_context = require "kalito.model.context"
local need = require("kalito.reading").need
local stats = require "kalito.memory.stats"

local M = {}

local ANSWER <const> = 2048 -- tokens that an answer may take when nobody says
local UNASKED <const> = 16000 -- tokens of the largest prompt that nobody has asked for: prompts take time, and money
local TRUSTED <const> = 3 -- turns after which the ratio counts
local MEMORY <const> = 20 -- turns that it remembers
-- What lies outside is no measure of a tokenizer: servers leave out what they have cached.
local LOWEST <const>, HIGHEST <const> = 0.25, 4

---The name of the model that is meant: the caller's, the session's, the persona's, the settings'.
---@param session kalito.Session
---@param persona? kalito.Persona
---@param given? string
---@return string?
function M.name(session, persona, given)
  local settings = config.get() or {}
  for _, name in ipairs { given or "", session.model or "", persona and persona.default_model or "",
    settings.model or "" } do
    if name ~= "" then return name end
  end
  return nil
end

local targets = setmetatable({}, { __mode = "v" }) -- name -> target, found without a `config`

---The model that a name means. A target is given back as it is.
---@param name? string|kalito.Target
---@param own? kalito.ProviderConfig
---@return kalito.Target? target, string? message, string? code
function M.target(name, own)
  if type(name) == "table" then return name end
  if not name then
    return nil, "no model: name one, as ollama:NAME, openai:NAME or anthropic:NAME, or set `model` in config.lua, or "
      .. "the persona's default model", "not_found"
  end
  if not own and targets[name] then return targets[name] end
  -- Here, as commands that ask nobody need none.
  local target, message, code = require("kalito.model.provider").resolve(name, own)
  if target and not own then targets[name] = target end
  return target, message, code
end

---The model of a name that says its provider: "ollama:mistral:7b". No server is asked.
---@param name string
---@return kalito.Target? target nil: the name is that of a model alone, or wrong
function M.named(name)
  targets[name] = targets[name] or require("kalito.model.provider").named(name)
  return targets[name]
end

---The tokens of a context: the caller's, or the settings'.
---@param given? integer
---@return integer
function M.budget(given)
  return given or (config.get() or {}).budget or stats.BUDGET
end

---@class kalito.Sizes in the model's tokens
---@field context? integer what the model holds; nil: nobody knows
---@field budget integer what it is sent
---@field holds integer what the server is told to hold, if it can be told
---@field model_context integer what the policy of summaries is told of the model's context

-- The budget is what the caller or the settings say; else what the model's context leaves beside the answer, less a
-- tenth, because tokens are estimated, and not more than UNASKED unless the settings say how large the context is. A
-- context that does not grow (`grows`: its server is told how large it is to be) is the limit in any case.
local function sizes_of(options, grows, context, is_set)
  local own = options.budget or (config.get() or {}).budget
  if not context then
    local budget = own or stats.BUDGET
    return { budget = budget, holds = budget + (options.answer or ANSWER), model_context = budget }
  end
  local room = math.min(options.answer or math.min(ANSWER, context // 4), context // 2)
  local free = math.max(1, (context - room) * 9 // 10)
  local usual = is_set and free or math.min(free, UNASKED)
  local budget = own and (grows and own or math.min(own, free)) or usual
  return { context = context, budget = budget, holds = math.max(context, budget + room),
    model_context = own and budget or usual < free and usual + room or context }
end

---How much a model is sent. Its server may be asked for what it holds.
---@param db kalito.Store
---@param target? kalito.Target
---@param options { budget?: integer, answer?: integer, unasked?: boolean } `answer`: tokens that the answer may take;
---`unasked`: as far as it is known without asking the server
---@return kalito.Sizes
function M.sizes(db, target, options)
  if not target then return sizes_of(options) end
  local grows = target.server.options.sets_context
  if options.unasked then return sizes_of(options, grows, model_context.known(db, target.name)) end
  return sizes_of(options, grows, model_context.of(db, target))
end

---The budget of a session's next turn, as far as it is known without asking anybody.
---@param db kalito.Store
---@param session kalito.Session
---@param model? string another than the session's
---@return integer tokens in the model's count
function M.usual(db, session, model)
  local persona = need(db.persona.get(session.persona or ""))
  local name, options = M.name(session, persona, model), { answer = persona and persona.maxTokens }
  if not name then return sizes_of(options).budget end
  return sizes_of(options, true, model_context.known(db, name)).budget
end

---Messages to send that no context was built of, without what the database would not store: they may be made of rows
---from before redaction was on.
---@param db kalito.Store
---@param messages kalito.Prompt[]
---@return kalito.Prompt[]
function M.redacted(db, messages)
  local list = {}
  for i, message in ipairs(messages) do
    list[i] = { role = message.role, content = need(db.redaction.text(message.content)) }
  end
  return list
end

---What is known of a model.
---@param db kalito.Store
---@param name string
---@return { ratio: number, turns: integer, trusted: boolean }
function M.known(db, name)
  local row = need(db.model.get(name)) or { ratio = 1.0, turns = 0 }
  return { ratio = row.ratio, turns = row.turns, trusted = row.turns >= TRUSTED }
end

---The budget in estimated tokens that fills so many of the model's own.
---@param db kalito.Store
---@param name string
---@param budget integer
---@return integer budget, number? ratio that was used
function M.estimated(db, name, budget)
  local known = M.known(db, name)
  if not known.trusted then return budget end
  return math.max(1, math.floor(budget / known.ratio)), known.ratio
end

---Learns from what a model has reported for a prompt.
---@param db kalito.Store
---@param name string
---@param estimated integer
---@param reported? integer
---@return boolean? ok, string? message, string? code
function M.learn(db, name, estimated, reported)
  local ratio = reported and estimated > 0 and reported / estimated or 0
  if ratio < LOWEST or ratio > HIGHEST then return true end
  local row = need(db.model.get(name))
  if not row then
    local added, message, code = db.model.add { id = name, ratio = ratio, turns = 1 }
    return added and true, message, code
  end
  local mean = row.ratio + (ratio - row.ratio) / math.min(row.turns + 1, MEMORY)
  return db.model.set { id = name, ratio = mean, turns = row.turns + 1 }
end

return M
