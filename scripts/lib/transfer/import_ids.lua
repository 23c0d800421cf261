-- import_ids.lua: which stored message a line of an export is about, and what becomes of the ids that refer to it.

local kalito = package.loaded.kalito
local runs = require "kalito.transfer.import_run"
local need = require("kalito.reading").need

local M = {}

---Can this be the id of a row, or an external one?
---@param value any
---@return boolean
function M.is_id(value)
  return type(value) == "string" and value ~= ""
end

-- A message of the session with this time, role and text, that no other line of this time has found.
local function find_alike(db, row, time, found)
  local limit, rows = 4
  repeat
    rows = need(db.message.find { session = row.session, since = time, limit = limit })
    for _, other in ipairs(rows) do
      if other.created_at ~= time then return nil end
      if other.role == row.role and other.text == row.text and not found[other.id] then return other end
    end
    limit = limit * 8
  until #rows < limit // 8
end

---The stored message that a line is about: same session and time, and same id or same role and text; or one with its
---external id.
---@param db kalito.Store
---@param session table what import_native knows of the session
---@param row table of the line, with the id that its session has here
---@return table?
function M.find_same(db, session, row)
  local time = type(row.created_at) == "string" and kalito.time(row.created_at)
  local other = math.type(row.id) == "integer" and need(db.message.get(row.id))
  if other and other.session == row.session and other.created_at == time then return other end
  other = M.is_id(row.external_id) and need(db.message.get_external(row.session, row.external_id))
  if other or not session.existed or not time then return other or nil end
  if session.time ~= time then session.time, session.found = time, {} end
  return find_alike(db, row, time, session.found)
end

---The message `from` of the file is `to` here.
---@param self table import_native's state
---@param session table
---@param from integer?
---@param to integer
function M.move(self, session, from, to)
  if from == nil or from == to then return end
  self.moved[from] = to
  if session.boundary ~= from then return end
  local ok, message, code = self.run.db.session.set { id = session.id, boundary_id = to }
  if not ok then runs.fail(code, message) end
end

---Rewrites the id of a message as summaries and pins name it: as text. One that names a message of another session
---here, and none of the file, names nothing.
---@param self table import_native's state
---@param row table
---@param key string
function M.refer(self, row, key)
  local id = math.tointeger(tonumber(row[key]))
  if not id then return end
  if self.moved[id] then
    row[key] = tostring(self.moved[id])
    return
  end
  local other = need(self.run.db.message.get(id))
  if other and other.session ~= row.session then row[key] = nil end
end

return M
