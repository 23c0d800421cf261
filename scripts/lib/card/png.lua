-- png.lua: pictures that carry a character card: finds it in the text chunks and puts one in. The picture itself is not
-- looked at, but every chunk's length and check sum is.

local kalito = package.loaded.kalito

local M = {}

M.SIGNATURE = "\x89PNG\r\n\x1a\n"
M.CHUNKS = 100000   -- in one picture
M.UNPACKED = 16 << 20 -- bytes of one text

---@class kalito.Chunk
---@field kind string "tEXt"
---@field from integer first byte of its data
---@field to integer last byte of its data

-- ---- reading ----

-- The chunk at a byte of the picture; its data ends four bytes before the next one.
local function read_chunk(bytes, at)
  if at + 11 > #bytes then return nil, "is cut off: it has no IEND chunk" end
  local length, kind = string.unpack(">I4c4", bytes, at)
  if not kind:find "^%a%a%a%a$" then return nil, ("byte %d begins no chunk"):format(at) end
  if length > #bytes - at - 11 then
    return nil, ("the %s chunk at byte %d is cut off: it should have %d bytes"):format(kind, at, length)
  end
  local to = at + 7 + length
  if string.unpack(">I4", bytes, to + 1) ~= kalito.binary.crc32(bytes, at + 4, to) then
    return nil, ("the %s chunk at byte %d is damaged: its check sum is wrong"):format(kind, at)
  end
  return { kind = kind, from = at + 8, to = to }
end

---The chunks of a picture, IEND the last one; what follows it is no part of the picture.
---@param bytes string
---@return kalito.Chunk[]? list, string? message
function M.chunks(bytes)
  local list, at = {}, #M.SIGNATURE + 1
  if bytes:sub(1, at - 1) ~= M.SIGNATURE then return nil, "is no PNG" end
  repeat
    local chunk, message = read_chunk(bytes, at)
    if not chunk then return nil, message end
    if #list == 0 and (chunk.kind ~= "IHDR" or chunk.to - chunk.from ~= 12) then
      return nil, "is no PNG: it does not begin with an IHDR chunk"
    end
    if #list == M.CHUNKS then return nil, ("has more than %d chunks"):format(M.CHUNKS) end
    list[#list + 1] = chunk
    at = chunk.to + 5
  until chunk.kind == "IEND"
  return list
end

local TEXTS <const> = { tEXt = true, zTXt = true, iTXt = true }
local KEYWORDS <const> = { chara = true, ccv3 = true }

-- The keyword of a chunk that may carry a card, and where its value begins.
local function keyword_of(bytes, chunk)
  if not TEXTS[chunk.kind] then return nil end
  local word = bytes:sub(chunk.from, math.min(chunk.to, chunk.from + 5)):match "^(%w+)\0"
  word = word and word:lower()
  return KEYWORDS[word] and word, word and chunk.from + #word + 1
end

-- How each kind of chunk holds its value, which begins at a byte.
local values = {}

function values.tEXt(bytes, from, to) return bytes:sub(from, to) end

function values.zTXt(bytes, from, to)
  if bytes:byte(from) ~= 0 then return nil, "is packed in an unknown way" end
  return kalito.binary.inflate(bytes, from + 1, to, M.UNPACKED)
end

-- Whether and how it is packed, a language, the keyword in that language.
function values.iTXt(bytes, from, to)
  local packed, way, at = bytes:sub(1, to):match("^([\0\1])(.)[^\0]*%z[^\0]*%z()", from)
  if not packed or packed == "\1" and way ~= "\0" then return nil, "is packed in an unknown way" end
  if packed == "\0" then return bytes:sub(at, to) end
  return kalito.binary.inflate(bytes, at, to, M.UNPACKED)
end

-- The JSON of a value: base64 of it, or the text itself, as some programs write it.
local function json_of(bytes, found)
  local value, message = values[found.kind](bytes, found.from, found.to)
  if not value then return nil, message end
  if value:find "^%s*{" then return value end
  return kalito.binary.decode64(value)
end

---The card that a picture carries: version 3 before the others.
---@param bytes string
---@return string? text the JSON, string? message, string? code
function M.read(bytes)
  local chunks, message = M.chunks(bytes)
  if not chunks then return nil, message, "card" end
  local found = {}
  for _, chunk in ipairs(chunks) do
    local word, from = keyword_of(bytes, chunk)
    if word and not found[word] then found[word] = { kind = chunk.kind, from = from, to = chunk.to } end
  end
  local word = found.ccv3 and "ccv3" or "chara"
  if not found[word] then return nil, "is a picture without a character card", "card" end
  local text, problem = json_of(bytes, found[word])
  if not text then return nil, ("its %s chunk %s"):format(word, problem), "card" end
  return text
end

-- ---- writing ----

local function make(kind, data)
  local body = kind .. data
  return string.pack(">I4", #data) .. body .. string.pack(">I4", kalito.binary.crc32(body))
end

---A picture of one pixel, for cards that have none.
---@return string bytes
function M.pixel()
  return M.SIGNATURE .. make("IHDR", "\0\0\0\1\0\0\0\1\8\0\0\0\0")
    .. make("IDAT", "\x78\1\1\2\0\xFD\xFF\0\0\0\2\0\1") .. make("IEND", "")
end

---A picture with cards in it; all its other chunks stay, a card that it carries goes.
---@param bytes string
---@param cards { [1]: "chara"|"ccv3", [2]: string }[] keyword and JSON
---@return string? bytes, string? message, string? code
function M.write(bytes, cards)
  local chunks, message = M.chunks(bytes)
  if not chunks then return nil, message, "card" end
  local out = { M.SIGNATURE }
  for _, chunk in ipairs(chunks) do
    if chunk.kind == "IEND" then
      for _, card in ipairs(cards) do
        out[#out + 1] = make("tEXt", card[1] .. "\0" .. kalito.binary.encode64(card[2]))
      end
    end
    if not keyword_of(bytes, chunk) then out[#out + 1] = bytes:sub(chunk.from - 8, chunk.to + 4) end
  end
  return table.concat(out)
end

return M
