-- import_plain.lua: plain lines, {"session","role","text"} with optional created_at, speaker, id, model, importance.
-- Owns what a plain line means: which session it belongs to, and what names it so that it is stored once.

local kalito = package.loaded.kalito
local need = require("kalito.reading").need
local runs = require "kalito.transfer.import_run"

local M = {}
M.__index = M

local KNOWN = {
  session = true, role = true, text = true, created_at = true, speaker = true, id = true, model = true,
  importance = true,
}
local ROLES = { user = true, assistant = true, system = true, tool = true }
local TEXT_MAX, NAME_MAX = 1 << 24, 255

---@param run kalito.ImportRun
---@param source string what tells this input from others that have sessions of the same names
---@param into? string id of the one session that takes everything
function M.new(run, source, into)
  return setmetatable({ run = run, source = kalito.hash(source), into = into, sessions = {} }, M)
end

local function name_of(value)
  return math.type(value) == "integer" and tostring(value) or value
end

-- What names a message within its session: its own id; otherwise its content and its place, which is the number of
-- its line among those that are not blank. The place comes first, so that the index of these names grows at its
-- end. Where several inputs meet in one session, theirs are kept apart.
local function external_id(self, line, name, ordinal)
  local id, apart = name_of(line.id), self.into and self.source .. ":" .. (name or "") or ""
  if id ~= nil and not self.into then return id end
  if id ~= nil then return ("%s:%s"):format(kalito.hash(apart), #tostring(id) > 200 and kalito.hash(id) or id) end
  local content = line.text and kalito.hash(tostring(line.text)) or ""
  return ("line:%08x:%s"):format(ordinal, kalito.hash(("%s\0%s\0%s\0%s\0%s\0%s"):format(apart, name or "",
    tostring(line.role), content, line.created_at or "", tostring(line.speaker))))
end

-- nil when the core will say what is wrong.
local function problem_of(self, line, name)
  if not self.into and name == nil then return "session is missing" end
  if name ~= nil and (type(name) ~= "string" or name == "") then return "session must be a name" end
  if line.id ~= nil and (type(name_of(line.id)) ~= "string" or line.id == "") then return "id must be a text" end
  if line.created_at ~= nil and not (type(line.created_at) == "string" and kalito.time(line.created_at)) then
    local given = kalito.json.encode(line.created_at):sub(1, 60)
    return ("created_at is not a time: %s (2025-03-01T09:30:00Z)"):format(given)
  end
end

---What a decoded line asks for.
---@param line table
---@param ordinal integer number among the lines that are not blank
---@return table? item, string? problem
function M:item(line, ordinal)
  for key, value in pairs(line) do
    if not KNOWN[key] then self.run:unknown(key) end
    if value == kalito.json.null then line[key] = nil end
  end
  local name = name_of(line.session)
  local problem = problem_of(self, line, name)
  if problem then return nil, problem end
  local row = {
    role = line.role, text = line.text, model = line.model, speaker = line.speaker, importance_score = line.importance,
    created_at = line.created_at, external_id = external_id(self, line, name, ordinal),
  }
  local text = line.text
  local fit = ROLES[line.role] and type(text) == "string" and text ~= "" and #text <= TEXT_MAX
  return { name = name, row = row, line = line, ordinal = ordinal, own_id = line.id ~= nil,
    score = fit and line.importance == nil }
end

-- The session of a name, made when it is not there: it begins with its first message.
local function open_session(self, item)
  local known = self.into or self.sessions[item.name]
  if known then return known, false end
  local db, row = self.run.db, item.row
  if #item.name > NAME_MAX then error("session has " .. #item.name .. " bytes, the limit is " .. NAME_MAX, 0) end
  local external = ("import:%s:%s"):format(self.source, kalito.hash(item.name))
  local session, message, code = db.session.get_external(external)
  local fresh = not session and code == "not_found"
  if fresh then
    row.created_at = row.created_at or db.now()
    session, message, code = db.session.add {
      name = item.name, external_id = external, saved = true, created_at = row.created_at,
    }
  end
  if not session then runs.fail(code, message) end
  self.sessions[item.name] = session.id
  return session.id, fresh
end

-- Is the message that has the name of this one this one?
local function is_same(self, row)
  local other = need(self.run.db.message.get_external(row.session, row.external_id))
  return other and other.role == row.role and other.text == row.text
end

-- Redacts a line, and makes its external id of what is stored: a hash of the secret would tell it to somebody who tries
-- all that are possible. A line that was imported before redaction was on keeps its id, and is not added again.
local function redact(self, item)
  local db, row = self.run.db, item.row
  if type(row.text) ~= "string" or not kalito.text.valid(row.text) then return end
  local text, speaker = need(db.redaction.text(row.text)), row.speaker
  if type(speaker) == "string" and kalito.text.valid(speaker) then speaker = need(db.redaction.text(speaker)) end
  if text == row.text and speaker == row.speaker then return end
  if not item.own_id and need(db.message.get_external(row.session, row.external_id)) then return end
  item.line.text, item.line.speaker, row.text, row.speaker = text, speaker, text, speaker
  row.external_id = external_id(self, item.line, item.name, item.ordinal)
end

-- In the words of the line.
local function in_its_words(problem)
  return (problem:gsub("importance_score", "importance"):gsub("external_id", "id"))
end

---Stores what a line asks for, inside a transaction.
---@param item table
---@return boolean? stored false: it was there already
---@return string? problem why it is not stored
function M:store(item)
  local db, row = self.run.db, item.row
  local ok, id, fresh = runs.try(open_session, self, item)
  if not ok then return nil, id end
  row.session = id
  redact(self, item)
  local stored, message, code
  ok, stored, message, code = runs.try(db.message.add, row)
  if ok and stored then
    self.run:count("sessions", fresh and 1 or 0)
    self.run:count("messages", 1)
    self.run.last_message = stored.id
    return true
  end
  if fresh then -- a session that would be empty
    db.session.del(id)
    self.sessions[item.name] = nil
  end
  if not ok then return nil, in_its_words(stored) end
  if code ~= "exists" then runs.fail(code, message) end
  if not item.own_id or is_same(self, row) then return false end
  return nil, "the session has another message with this id"
end

---Forgets what was stored: it was rolled back.
function M:forget()
  self.sessions = {}
end

---Nothing is left to do at the end.
function M.finish() end

return M
