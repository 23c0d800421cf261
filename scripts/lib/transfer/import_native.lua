-- import_native.lua: lines written by `kalito export`. Owns what becomes of ids: a row that is there already stays
-- as it is; a message whose id another message has gets a new one, and what refers to it follows.

local kalito = package.loaded.kalito
local ids = require "kalito.transfer.import_ids"
local runs = require "kalito.transfer.import_run"
local need = require("kalito.reading").need

local M = {}
M.__index = M

M.FORMAT = 1
local NULL, is_id = kalito.json.null, ids.is_id

---@param run kalito.ImportRun
function M.new(run)
  return setmetatable({ run = run, sessions = {}, moved = {}, counts = {} }, M)
end

---Is this the first line of a native file?
---@param line table
---@return boolean
function M.is_native(line)
  return line.kalito ~= nil or line.kind ~= nil
end

local function check_manifest(line)
  if math.type(line.kalito) ~= "integer" then return nil, "kalito must be the number of the format" end
  if line.kalito > M.FORMAT then
    runs.fail("too_new", ("the export has format %d, this kalito reads %d"):format(line.kalito, M.FORMAT))
  end
  return { kind = "manifest", row = line }
end

local store, end_session = {}, nil

---What a decoded line asks for.
---@param line table
---@return table? item, string? problem
function M.item(_, line)
  if line.kalito ~= nil then return check_manifest(line) end
  local kind = line.kind
  if type(kind) ~= "string" then return nil, "kind is missing" end
  if not store[kind] or kind == "manifest" then return nil, "kind must not be '" .. kind:sub(1, 40) .. "'" end
  line.kind = nil
  return { kind = kind, row = line }
end

-- Adds a row. Gives it as it was stored, or nil and whether it exists already.
local function add(noun, row)
  local stored, message, code = noun.add(row)
  if stored then return stored end
  if code == "exists" then return nil, true end
  if code == "not_found" then error(message, 0) end
  return runs.fail(code, message)
end

-- Ids belong to one export: another one that follows in the same file has its own.
function store.manifest(self, row)
  end_session(self)
  self.sessions, self.moved, self.counts, self.manifest = {}, {}, {}, type(row.counts) == "table" and row.counts or nil
end

function store.persona(self, row)
  local db, card = self.run.db, row.card
  row.card = nil
  if is_id(row.id) and need(db.persona.get(row.id)) then return false end
  if row.is_default then -- the user's own default stays
    for other in db.persona.each() do
      if other.is_default and other.category == row.category then row.is_default = false end
    end
  end
  if not add(db.persona, row) then return false end
  if card ~= nil then add(db.card, card) end
  self.run:count("personas", 1)
  return true
end

-- What is known of a session of the file: its id here, whether it was here before, and the message of the file that
-- its boundary names.
local function remember(self, row, here, existed)
  local same = here.boundary_at == row.boundary_at and here.boundary_id == row.boundary_id
  self.sessions[row.id] = {
    id = here.id, existed = existed, boundary = same and row.boundary_id or nil, updated_at = row.updated_at,
    batch = self.run.batch,
  }
end

function store.session(self, row)
  local db = self.run.db
  end_session(self)
  row.message_count = nil
  local here = is_id(row.id) and need(db.session.get(row.id))
  if not here and is_id(row.external_id) then here = need(db.session.get_external(row.external_id)) end
  if here then
    remember(self, row, here, true)
    return false
  end
  if not (is_id(row.persona) and need(db.persona.get(row.persona))) then row.persona = NULL end
  local stored = add(db.session, row)
  if not stored then error("the session is there already", 0) end
  row.id = row.id or stored.id
  remember(self, row, stored, false)
  self.current = row.id
  self.run:count("sessions", 1)
  return true
end

-- The session that a row of the file belongs to. While a file is being checked the rows before it are gone.
local function session_of(self, row)
  local known = self.sessions[row.session]
  if not known and is_id(row.session) then
    local here = self.run:known_session(row.session)
    if here then
      remember(self, { id = here.id }, here, true)
      known = self.sessions[here.id]
      known.batch = nil
    end
  end
  if not known then error("no session has the id '" .. tostring(row.session):sub(1, 80) .. "'", 0) end
  if self.run.checking and known.batch ~= self.run.batch then
    self.run.db.session.add { id = known.id, persona = NULL }
    known.batch = self.run.batch
  end
  return known
end

function store.message(self, row)
  local db, session, id = self.run.db, session_of(self, row), row.id
  row.session = session.id
  if type(row.text) == "string" and kalito.text.valid(row.text) then row.text = need(db.redaction.text(row.text)) end
  local same, stored, taken = session.existed and ids.find_same(db, session, row), nil, nil
  if not same then
    -- Messages of one time are in the order of their ids: those after one that was moved are moved too.
    if session.moved_at and session.moved_at == row.created_at then row.id = nil end
    stored, taken = add(db.message, row)
    same = taken and ids.find_same(db, session, row)
  end
  if taken and not same then
    row.id, session.moved_at = nil, row.created_at
    stored = add(db.message, row)
  end
  local here = stored or same
  if session.found then session.found[here.id] = true end
  ids.move(self, session, id, here.id)
  if same then return false end
  self.run.last_message = stored.id
  self.run:count("messages", 1)
  return true
end

local function add_note(self, row, noun, counted, ...)
  row.session = session_of(self, row).id
  if is_id(row.id) and need(noun.get(row.id)) then return false end
  for _, key in ipairs { ... } do ids.refer(self, row, key) end
  if not add(noun, row) then return false end
  self.run:count(counted, 1)
  return true
end

function store.summary(self, row)
  return add_note(self, row, self.run.db.summary, "summaries", "start_message_id", "end_message_id")
end

function store.pin(self, row)
  return add_note(self, row, self.run.db.pin, "pins", "source_message_id")
end

---Stores what a line asks for, inside a transaction.
---@param item table
---@return boolean? stored false: it was there already
---@return string? problem why it is not stored
function M:store(item)
  self.counts[item.kind] = (self.counts[item.kind] or 0) + 1
  local ok, result = runs.try(store[item.kind], self, item.row)
  if not ok then return nil, result end
  return result
end

---Forgets nothing: rows of the file may refer to what was rolled back.
function M.forget() end

-- Ends the session under way: adding messages has moved its time of change.
function end_session(self)
  local db, session = self.run.db, self.current and self.sessions[self.current]
  self.current = nil
  local row = session and session.updated_at and need(db.session.get(session.id))
  if row and row.updated_at ~= session.updated_at then
    need(db.session.set { id = session.id, updated_at = session.updated_at })
  end
end

---Ends the input. An export says how many rows it has: fewer mean that it was cut off.
---@return string? problem
function M:finish()
  end_session(self)
  local promised, read = self.manifest and self.manifest.messages, self.counts.message or 0
  if math.type(promised) ~= "integer" or read >= promised then return nil end
  return ("the export promises %d messages and has %d"):format(promised, read)
end

return M
