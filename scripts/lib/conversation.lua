-- conversation.lua: a session run by the policies: messages are scored as they come and may become pins, contexts are
-- planned, a model answers, what has outgrown its place is summarised. This is the table of its methods; what they do
-- is in the files that are named for it, which are loaded when they are first needed.

local contexts = require "kalito.memory.contexts"
local reading = require "kalito.reading"

local M = {}
M.__index = M

-- Calls a function of a part that not every conversation needs, loaded at the first use.
local function call(part, name, ...)
  return reading.try(require("kalito.memory." .. part)[name], ...)
end

---@class kalito.Conversation
---@field db kalito.Store
---@field id string the session's id

---@param db kalito.Store
---@param session string
---@return kalito.Conversation
function M.new(db, session)
  return setmetatable({ db = db, id = session }, M)
end

-- ---- messages ----

local function add(self, row)
  local pins, scoring = require "kalito.memory.pins", require "kalito.memory.scoring"
  local persona = require("kalito.persona.file").answering(self.db, self.id)
  local found = pins.find(self, scoring.fill(row, self.db.now(), persona), persona)
  if #found == 0 then return self.db.message.add(row) end
  return require("kalito.transaction").run(self.db, function()
    local stored, message, code = self.db.message.add(row)
    if stored then pins.keep(self, stored, found) end
    return stored, message, code
  end)
end

---Adds a message, scored by the policy, and in the same step what the policy finds worth a pin. A row means that it is
---on the disk.
---@param role "user"|"assistant"|"system"|"tool"
---@param text string
---@param fields? table other fields of the row: speaker, model, created_at, external_id, importance_score ...
---@return table? row, string? message, string? code
function M:add(role, text, fields)
  local row = { session = self.id, role = role, text = text }
  for key, value in pairs(fields or {}) do row[key] = value end
  return reading.try(add, self, row)
end

-- The latest exchange: the live messages from the user's last one on, oldest first.
local function exchange(self)
  local rows, message, code = self.db.message.find { session = self.id, scope = "live", order = "newest", limit = 100 }
  if not rows then return nil, message, code end
  local list = {}
  for _, row in ipairs(rows) do
    table.insert(list, 1, row)
    if row.role == "user" then return list end
  end
  return nil, "there is no message of the user that could be changed", "not_found"
end

---Changes the text of the user's last message. The answer to it stays until `retry`.
---@param text string
---@return kalito.Message? row, string? message, string? code
function M:edit_last(text)
  local rows, message, code = exchange(self)
  if not rows then return nil, message, code end
  return self:edit(rows[1].id, text)
end

---Changes the text of a message: it is scored anew, and importance follows the edit.
---@param id integer
---@param text string
---@return kalito.Message? row, string? message, string? code
function M:edit(id, text)
  return call("edits", "edit", self, id, text)
end

---Removes the latest exchange: the user's last message and what follows it.
---@return kalito.Message[]? removed, string? message, string? code
function M:undo()
  local rows, message, code = exchange(self)
  if not rows then return nil, message, code end
  return call("edits", "remove", self, rows)
end

---Says whether a message was of use.
---@param direction "up"|"down"
---@param id? integer default the last answer
---@return kalito.Message? row, string? message, string? code
function M:rate(direction, id)
  return call("edits", "rate", self, direction, id)
end

-- ---- memory ----

---The system prompt: the persona's own, with its placeholders filled in.
---@param id? string
---@param now? string
---@return string?
function M:prompt(id, now)
  return reading.try(contexts.prompt, self, id, now or self.db.now())
end

---Finds what the history says about a query, as db.recall.find does, and lets the policy have its say.
---@param query string
---@param options? { limit?: integer, scope?: "all"|"session", without?: integer }
---@return table? hits, string? message, string? code
function M:recall(query, options)
  return reading.try(contexts.recall, self, query, options or {})
end

---Builds the context of the next model call by the plan of the policy.
---@param options table `budget`, and any of query, text, message, role, persona, prompt, save: as in db.context.build;
---without `query` the new message is what is recalled for
---@return table? context, string? message, string? code as db.context.build gives it, and `policy`
function M:context(options)
  local context, message, code = reading.try(contexts.build, self, options)
  if context then contexts.note_shown(self, context) end
  return context, message, code
end

---Pins a text, or the message of that id.
---@param content string|integer
---@param fields? kalito.Pin other fields of the row
---@return kalito.Pin? row, string? message, string? code
function M:pin(content, fields)
  local row = { session = self.id, content = content }
  if math.type(content) == "integer" then
    local source, message, code = self.db.message.get(content)
    if not source then return nil, message, code end
    row.content, row.source_message_id = source.text, tostring(content)
  end
  for key, value in pairs(fields or {}) do row[key] = value end
  return call("pins", "add", self.db, row)
end

---Summarises what is due, or a range, and archives it.
---@param options? table `range`, `model` (false: none), `budget`, `on_delta`
---@return kalito.Summary? row, string? message, string? code nil alone: nothing is due. With a row, `message` says why
---the model's text was not taken
function M:summarize(options)
  return call("summaries", "make", self, options)
end

---Does all that is due: summaries, summaries of summaries, and the session's title, if the policy wants a model's.
---@param options? table as for summarize
---@return { made: kalito.Summary[], merged: kalito.Summary[], notes: string[], title?: string }? done, string? message,
---string? code
function M:maintain(options)
  return call("maintenance", "run", self, options or {})
end

-- ---- the model ----

---Says something to the model and gets its answer. The message is on the disk before anything is sent.
---@param text string
---@param options? kalito.AskOptions
---@return kalito.Answer? answer, string? message, string? code the message stays: `retry` asks again
function M:ask(text, options)
  return call("turns", "ask", self, text, options or {})
end

---Asks again for the answer to the user's last message. The answer that is there goes when the new one is stored.
---@param options? kalito.AskOptions
---@return kalito.Answer? answer, string? message, string? code
function M:retry(options)
  local rows, message, code = exchange(self)
  if not rows then return nil, message, code end
  return call("turns", "again", self, table.remove(rows, 1), rows, options or {})
end

---What was sent for a turn, and whether the same would be sent now.
---@param turn? integer default the latest
---@return kalito.Why? report, string? message, string? code
function M:why(turn)
  return call("trace", "why", self, turn)
end

---The figures of the session, and what is known of its model.
---@param options? table `budget`, `model`
---@return table? figures, string? message, string? code
function M:stats(options)
  return call("maintenance", "stats", self, options or {})
end

return M
