-- titles.lua: what a session is called: the first words that are said in it, and if the policy says so, what a model
-- calls it. Maintenance asks for that after the first reply; when it fails, the first words stay. The trace of
-- that reply's turn has what came of it.

local kalito = package.loaded.kalito
local models = require "kalito.model.models"
local policy = require "kalito.policy"
local need = require("kalito.reading").need
local trace = require "kalito.memory.trace"
local transaction = require "kalito.transaction"

local M = {}

local LONGEST <const> = 60 -- bytes

---The title that a text gives: the beginning of its first line.
---@param text string
---@return string
function M.of(text)
  local line = text:match "%S[^\n]*" or text
  if #line <= LONGEST then return line end
  return (line:sub(1, LONGEST):gsub("[\xC0-\xFF][\x80-\xBF]*$", ""):gsub("%s+%S*$", "")) .. "..."
end

---A session without a name gets the first words that are said in it.
---@param db kalito.Store
---@param session kalito.Session
---@param text string
function M.give(db, session, text)
  if session.name and session.name ~= "" then return end
  db.session.set { id = session.id, name = M.of(text) }
end

-- ---- by a model ----

-- Is the session still called by its first words?
local function has_first_words(db, session)
  local first = need(db.message.find { session = session.id, role = "user", limit = 1 })[1]
  return first and session.name == M.of(first.text)
end

-- The first turn that got a reply, and its details, when nobody has asked for a title yet.
local function untitled_turn(db, session)
  for _, turn in ipairs(need(db.turn.find { session = session.id, order = "oldest", limit = 10 })) do
    if turn.reply then
      local details = kalito.json.decode(turn.details)
      if type(details) ~= "table" or details.title then return nil end
      return turn, details
    end
  end
  return nil
end

---What a model is to be asked for a title of the session.
---@param chat kalito.Conversation
---@return { prompt: kalito.Prompt[], turn: kalito.Turn, name: string }? due nil: none is due
function M.due(chat)
  local db = chat.db
  local session = need(db.session.get(chat.id))
  if not session or not has_first_words(db, session) then return nil end
  local turn = untitled_turn(db, session)
  local question = turn and need(db.message.get(turn.message or 0))
  local answer = turn and need(db.message.get(turn.reply))
  if not question or not answer then return nil end
  local ctx = { now = db.now(), session = chat.id }
  local prompt = policy.call("summarize", "title", ctx, { question, answer })
  prompt = models.redacted(db, prompt or {})
  return #prompt > 0 and { prompt = prompt, turn = turn, name = session.name } or nil
end

-- What models put around a title.
local function clean(text)
  local line = text:match "%S[^\n]*" or ""
  line = line:gsub("^[%s#*_>`\"']+", ""):gsub("^[Tt]itle%s*:%s*", ""):gsub("^\u{201C}", "")
  line = line:gsub("^[%s*_`\"']+", ""):gsub("[%s*_`\"'.]+$", ""):gsub("\u{201D}$", "")
  if line == "" then return nil, "the title is empty" end
  if #line > 2 * LONGEST then return nil, "this is no title: " .. M.of(line) end
  return M.of(line)
end

local function ask(db, due, model, config)
  local target, message = models.target(model, config)
  if not target then return nil, message end
  local settings, reply, code = { temperature = 0.2, context = models.sizes(db, target, {}).holds }
  local chat = require("kalito.model.provider").chat -- not loaded where no model is asked
  reply, message, code = chat(target, due.prompt, settings)
  if code == "interrupted" then error("interrupted", 0) end
  if not reply then return nil, message end
  local title
  title, message = clean(reply.text)
  if not title then message = target.name .. ": " .. message end
  return title, message, reply.usage
end

-- Stores what came of it, unless somebody was first.
local function store(chat, due, record)
  local db = chat.db
  return transaction.run(db, function()
    local session, turn = need(db.session.get(chat.id)), need(db.turn.get(due.turn.id))
    local details = turn and kalito.json.decode(turn.details)
    if not session or not details or details.title then return nil, "another process has asked for it", "exists" end
    details.title = record
    local ok, message, code = db.turn.set { id = turn.id, details = kalito.json.encode(details) }
    if ok and record.text and session.name == due.name then
      ok, message, code = db.session.set { id = chat.id, name = record.text }
    end
    return ok, message, code
  end)
end

---Asks a model for the title of the session, when the policy wants that and it was not asked yet.
---@param chat kalito.Conversation
---@param options { model?: string|false, config?: table } the session's model by default; false: none
---@return string? title, string? message, string? code nil alone: none is due
function M.make(chat, options)
  local model = options.model
  if model == nil then model = (need(chat.db.session.get(chat.id)) or {}).model end
  local due = model and M.due(chat)
  if not due then return nil end
  local title, problem, usage = ask(chat.db, due, model, options.config)
  local record = { text = title, was = due.name, failed = problem, hash = trace.hash(due.prompt),
    model = type(model) == "table" and model.name or model, usage = usage }
  local ok, message, code = store(chat, due, record)
  if not ok then return nil, message, code end
  return title, problem, problem and "http"
end

return M
