-- lines.lua: the lines of a large file, one at a time. Reads in blocks, so that a line too long to be of use is
-- passed over and never held whole.

local M = {}

local BLOCK, LARGE = 1 << 16, 1 << 20

-- The longest line, escapes aside: a text of the largest size with room for its other fields. An escape takes at
-- most six bytes for one.
M.LIMIT = 17 << 20
local ESCAPE = 5

local function count_escapes(piece)
  local n, at = 0, piece:find("\\", 1, true)
  while at do
    n = n + 1
    at = piece:find("\\", at + 1, true)
  end
  return n
end

-- Pairs are joined to pairs, so that a large line is never there more than twice.
local function join(pieces, first, last)
  if first == last then
    local piece = pieces[first]
    pieces[first] = false
    return piece
  end
  local middle = (first + last) // 2
  local text = join(pieces, first, middle) .. join(pieces, middle + 1, last)
  if #text > LARGE then collectgarbage() end
  return text
end

---@class kalito.Lines
---@field bytes integer how much of the file was read
---@field number integer of the line that was read last, from 1

---Begins to read a file.
---@param file file*
---@param name string for messages
---@return kalito.Lines
function M.open(file, name)
  return setmetatable({ file = file, name = name, block = "", at = 1, bytes = 0, number = 0 }, { __index = M })
end

local function fill(self, size)
  local block, message = self.file:read(size)
  if message then error({ code = "io", message = self.name .. ": " .. message }, 0) end
  self.block, self.at = block or "", 1
  self.bytes = self.bytes + #self.block
  return block ~= nil
end

-- Takes the next piece of a line, up to the end of the line or of the block.
local function take(self)
  local stop = self.block:find("\n", self.at, true)
  local piece = self.block:sub(self.at, stop and stop - 1 or -1)
  self.at = stop and stop + 1 or #self.block + 1
  return piece, stop ~= nil
end

-- The rest of a line that began at the end of a block.
local function take_long(self, piece)
  local pieces, size, escapes, ended = { piece }, #piece, 0, false
  local counted = 0 -- pieces looked at for escapes: only those of very long lines
  while not ended and fill(self, size < LARGE and BLOCK or LARGE) do
    piece, ended = take(self)
    size = size + #piece
    if pieces then pieces[#pieces + 1] = piece end
    while pieces and size > M.LIMIT and counted < #pieces do
      counted = counted + 1
      escapes = escapes + count_escapes(pieces[counted])
    end
    if size - ESCAPE * escapes > M.LIMIT then pieces = nil end
  end
  if pieces then return join(pieces, 1, #pieces) end
  collectgarbage()
  return nil, ("the line has %d bytes, more than a message may have"):format(size)
end

---The next line, without its end.
---@return string|false|nil line false: it is too long; nil: there is none
---@return string? problem what is wrong with it
function M:read()
  if self.large then collectgarbage() end -- the line before, and what was made of it
  if self.at > #self.block and not fill(self, BLOCK) then return nil end
  self.number = self.number + 1
  local line, ended = take(self)
  self.large = false
  if ended then return line end
  local problem
  line, problem = take_long(self, line)
  self.large = not line or #line > LARGE
  return line or false, problem
end

return M
