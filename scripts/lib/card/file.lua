-- file.lua: files with a character card: JSON, or a picture that carries one. Tells what a file is by how it
-- begins.

local card = require "kalito.card.read"
local lore_file = require "kalito.card.lore_file"
local png = require "kalito.card.png"

local M = {}

M.LIMIT = 16 << 20 -- bytes of a file

-- How files begin that may hold a card which is not understood.
local OTHERS <const> = {
  { "^RIFF....WEBP", "a WEBP picture" }, { "^\xFF\xD8\xFF", "a JPEG picture" }, { "^GIF8", "a GIF picture" },
  { "^PK[\3\5]", "a CHARX or other zip file" }, { "^\xFF\xFE", "UTF-16 text" }, { "^\xFE\xFF", "UTF-16 text" },
}

---The bytes of a file; - is standard input.
---@param path string
---@return string? bytes, string? message, string? code
function M.bytes(path)
  local file, message
  if path == "-" then file = io.stdin else file, message = io.open(path, "rb") end
  if not file then return nil, message, "not_found" end
  local bytes, problem = file:read(M.LIMIT + 1)
  if path ~= "-" then file:close() end
  if problem then return nil, path .. ": " .. problem, "io" end
  if not bytes then return nil, path .. ": is empty", "card" end
  if #bytes > M.LIMIT then return nil, ("%s: has more than %d bytes"):format(path, M.LIMIT), "card" end
  return bytes
end

local function parse(bytes)
  for _, other in ipairs(OTHERS) do
    if bytes:find(other[1]) then return nil, "is " .. other[2] .. ": only JSON and PNG are understood", "card" end
  end
  if bytes:sub(1, 4) ~= png.SIGNATURE:sub(1, 4) then return card.read(bytes) end
  local text, message, code = png.read(bytes)
  if not text then return nil, message, code end
  return card.read(text)
end

---Reads the card of a file.
---@param path string
---@return kalito.CharacterCard? card, string? message, string? code the message names file and field
function M.read(path)
  local bytes, message, code = M.bytes(path)
  if not bytes then return nil, message, code end
  local found
  found, message, code = parse(bytes)
  if not found then return nil, path .. ": " .. message, code end
  return found
end

---Reads the lorebook of a file of its own.
---@param path string
---@return table? book as a card holds it, string? message, string? code
function M.book(path)
  local bytes, message, code = M.bytes(path)
  if not bytes then return nil, message, code end
  local root, book
  root, message = card.decode(bytes)
  if root then book, message = lore_file.book(root) end
  if book then return book end
  return nil, path .. ": " .. (message or "is no lorebook"), "card"
end

return M
