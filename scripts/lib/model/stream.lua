-- stream.lua: an answer that comes in pieces, cut anywhere, becomes events: lines of JSON (NDJSON) or server-sent
-- events. Bounded: a line or an event longer than a mebibyte ends the stream.

local kalito = package.loaded.kalito

local M = {}
M.__index = M

local LIMIT = 1 << 20

---@class kalito.Event
---@field text string what came
---@field data? any decoded from it, without nulls; absent: it is not JSON
---@field event? string name of a server-sent event

---@class kalito.Stream
---@field problem? string why it ended early, not yet free of secrets
---@field events integer how many there were

---@param kind "ndjson"|"sse"
---@param on_event fun(event: kalito.Event): boolean? false ends the stream
---@return kalito.Stream
function M.new(kind, on_event)
  local stream = { on_event = on_event, events = 0, pieces = {}, size = 0, fields = {}, field_size = 0, loose = {} }
  stream.take = assert(M[kind], "unknown kind of stream")
  return setmetatable(stream, M)
end

-- Nulls are taken out in place: a field that is null is as absent.
local function without_nulls(value)
  if type(value) ~= "table" then return value end
  setmetatable(value, nil)
  for key, item in pairs(value) do
    if item == kalito.json.null then value[key] = nil else without_nulls(item) end
  end
  return value
end

-- Halves of surrogate pairs, which a server makes that cuts a text anywhere, become U+FFFD; NULs go.
local function mended(text)
  text = text:gsub("\\\\", "\1"):gsub("\\u([dD][89abAB]%x%x)\\u([dD][c-fC-F]%x%x)", "\2%1\2%2")
  text = text:gsub("\\u[dD][89a-fA-F]%x%x", "\\ufffd"):gsub("\\u0000", "")
  return (text:gsub("\2", "\\u"):gsub("\1", "\\\\"))
end

---The value of a JSON text without its nulls; nil when it is none.
---@param text string
---@return any
function M.decode(text)
  local value = kalito.json.decode(text)
  if value == nil and text:find "\\u" and not text:find "[\1\2]" then value = kalito.json.decode(mended(text)) end
  if value ~= kalito.json.null then return without_nulls(value) end
  return nil
end

local function fail(self, problem)
  self.problem = self.problem or problem
  return false
end

local function emit(self, text, name)
  self.events = self.events + 1
  return self.on_event { text = text, data = M.decode(text), event = name } ~= false and not self.problem
end

-- What comes before the first event and is none: perhaps an answer that is no stream at all.
local function put_aside(self, line)
  if self.events == 0 and #self.loose < 10000 then self.loose[#self.loose + 1] = line end
  return true
end

function M.ndjson(self, line)
  if self.events == 0 and not line:find "^%s*{" then return put_aside(self, line) end
  return not line:find "%S" or emit(self, line)
end

-- An event is over at an empty line. Comments keep a connection alive.
function M.sse(self, line)
  if line == "" then return self:dispatch() end
  local field, value = line:match "^(%w*): ?(.*)$"
  if field == "data" then
    self.fields[#self.fields + 1] = value
    self.field_size = self.field_size + #value
    return self.field_size <= LIMIT or fail(self, "an event of more than a mebibyte")
  elseif field == "event" then
    self.name = value
  end
  return field and true or put_aside(self, line)
end

function M:dispatch()
  local fields, name = self.fields, self.name
  self.fields, self.field_size, self.name = {}, 0, nil
  return #fields == 0 or emit(self, table.concat(fields, "\n"), name)
end

-- Pieces are joined once a line is whole, so that a line that comes byte by byte costs no more than another.
local function add(self, piece)
  if piece == "" then return true end
  self.pieces[#self.pieces + 1] = piece
  self.size = self.size + #piece
  return self.size <= LIMIT or fail(self, "a line of more than a mebibyte")
end

local function end_line(self)
  local line = table.concat(self.pieces)
  self.pieces, self.size = {}, 0
  if not self.begun then line = line:gsub("^\xEF\xBB\xBF", "") end
  self.begun = true
  return self:take((line:gsub("\r$", "")))
end

---@param chunk string
---@return boolean more false: the stream has ended, by itself or by a problem
function M:feed(chunk)
  local from = 1
  for at in chunk:gmatch "()\n" do
    if not add(self, chunk:sub(from, at - 1)) or not end_line(self) then return false end
    from = at + 1
  end
  return add(self, chunk:sub(from))
end

---The end: what has no line end yet counts too. An answer that is one JSON text and no stream is one event.
function M:finish()
  if self.problem or self.size > 0 and not end_line(self) or not self:dispatch() then return end
  local loose = table.concat(self.loose, "\n")
  if self.events > 0 or not loose:find "%S" then return end
  if not M.decode(loose) then return fail(self, "no stream of events: " .. loose) end
  emit(self, loose)
end

return M
