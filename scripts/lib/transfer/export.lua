-- export.lua: a store, or one session of it, as lines: a manifest, then one object a row, in an order in which they
-- can be read back. The fields are those of the rows.

local kalito = package.loaded.kalito
local native = require "kalito.transfer.import_native"
local need = require("kalito.reading").need -- what cannot be read is not left out

local M = {}

local encode = kalito.json.encode

-- `kind` comes first, for whoever reads the file.
local function line(head, row)
  local body = encode(row)
  return "{" .. head .. (body == "{}" and "" or ",") .. body:sub(2) .. "\n"
end

local function persona_rows(db, session)
  if not session then return need(db.persona.find()) end
  return { session.persona and need(db.persona.get(session.persona)) }
end

local function counts_of(db, session, personas)
  local filter = { session = session and session.id }
  return {
    personas = #personas, sessions = session and 1 or need(db.session.count()),
    messages = need(db.message.count(filter)), summaries = need(db.summary.count(filter)),
    pins = need(db.pin.count(filter)),
  }
end

local function manifest(db, counts)
  local row = {
    version = kalito._VERSION, schema_version = need(db.stat()).schema_version, exported_at = db.now(), counts = counts,
  }
  local foreign = need(db.foreign())
  if #foreign > 0 then row.not_exported = foreign end
  return row
end

-- Adds to `written` how many rows of each kind there were.
local function write_session(db, session, write, written)
  local filter = { session = session.id }
  write(line('"kind":"session"', session))
  local function all(kind, each)
    for row in each do
      written[kind] = written[kind] + 1
      write(line('"kind":"' .. kind .. '"', row))
    end
  end
  all("message", db.message.each(filter))
  all("summary", db.summary.each(filter))
  all("pin", db.pin.each { session = session.id, order = "oldest" })
end

local function write_all(db, session, write, progress)
  local personas = persona_rows(db, session)
  local row = manifest(db, counts_of(db, session, personas))
  write(line('"kalito":' .. native.FORMAT, row))
  for _, persona in ipairs(personas) do
    persona.card = persona.id and need(db.card.get(persona.id)) or nil -- its character card goes with it
    write(line('"kind":"persona"', persona))
  end
  local written = { message = 0, summary = 0, pin = 0 }
  if session then
    write_session(db, session, write, written)
  else
    for each in db.session.each { order = "oldest" } do
      write_session(db, each, write, written)
      progress(written.message, row.counts.messages)
    end
  end
  row.missing = row.counts.messages + row.counts.summaries + row.counts.pins - written.message - written.summary
    - written.pin
  return row
end

---Writes an export, as of one moment.
---@param db kalito.Store
---@param session? table its row; all sessions otherwise
---@param write fun(text: string) may raise
---@param progress? fun(done: integer, of: integer)
---@return table? manifest, string? message, string? code the manifest's row, and `missing`: messages, summaries and
---pins that are in no session
function M.write(db, session, write, progress)
  local ok, message, code = db.begin_read()
  if not ok then return nil, message, code end
  local _ <close> = setmetatable({}, { __close = db.rollback })
  return write_all(db, session, write, progress or function() end)
end

return M
