-- layout.lua: text as a terminal shows it: what could steer it made visible, cut and padded by cells, aligned in
-- columns. Pure functions of strings; nothing is written here.

local kalito = package.loaded.kalito
local print = require "kalito.terminal.print"

local M = {}

M.safe, M.safe_lines = print.safe, print.safe_lines

---The first characters of a safe text that take at most `width` cells; what is cut ends in an ellipsis.
---@param text string
---@param width integer
---@return string
function M.shorten(text, width)
  if kalito.system.width(text) <= width then return text end
  local out, used = {}, 1
  for _, code in utf8.codes(text) do
    local c = utf8.char(code)
    used = used + kalito.system.width(c)
    if used > width then break end
    out[#out + 1] = c
  end
  return table.concat(out) .. "…"
end

---@param text string
---@param width integer
---@param right? boolean
---@return string
function M.pad(text, width, right)
  local blanks = (" "):rep(width - kalito.system.width(text))
  return right and blanks .. text or text .. blanks
end

---How wide each column is at most.
---@param cells string[][]
---@return integer[]
function M.widths(cells)
  local widths = {}
  for _, row in ipairs(cells) do
    for j, cell in ipairs(row) do widths[j] = math.max(widths[j] or 0, kalito.system.width(cell)) end
  end
  return widths
end

---Lines of aligned cells, two blanks between them.
---@param cells string[][]
---@param widths integer[] as many columns are shown
---@param right? table<integer, boolean> columns aligned to the right
---@return string[]
function M.align(cells, widths, right)
  local lines = {}
  for i, row in ipairs(cells) do
    local line = {}
    for j, width in ipairs(widths) do
      line[j] = M.pad(M.shorten(row[j], width), width, right and right[j])
    end
    lines[i] = table.concat(line, "  "):gsub("%s+$", "")
  end
  return lines
end

---Text as lines of at most `width` cells, each but the first behind `indent`.
---@param text string
---@param width integer
---@param indent? string
---@return string
function M.wrap(text, width, indent)
  local lines, line = {}, ""
  for word in text:gmatch "%S+" do
    if line ~= "" and kalito.system.width(line) + 1 + kalito.system.width(word) > width then
      lines[#lines + 1], line = line, word
    else
      line = line == "" and word or line .. " " .. word
    end
  end
  lines[#lines + 1] = line
  return table.concat(lines, "\n" .. (indent or ""))
end

---Names, and what they are, in two columns; under each other where there is little room.
---@param rows { [1]: string, [2]: string }[]
---@param room integer
---@return string[] lines
function M.glossary(rows, room)
  local names, out = {}, {}
  for i, row in ipairs(rows) do names[i] = { row[1] } end
  local width = M.widths(names)[1] or 0
  local beside = width + 24 < room
  local indent = beside and width + 4 or 6
  for i, row in ipairs(rows) do
    local text = M.wrap(row[2], room - indent, (" "):rep(indent))
    local gap = beside and (" "):rep(width - kalito.system.width(row[1]) + 2) or "\n      "
    out[i] = "  " .. row[1] .. (text == "" and "" or gap .. text)
  end
  return out
end

---Words side by side, as many as a line holds.
---@param words string[]
---@param width integer
---@return string
function M.columns(words, width)
  local widest, lines, list = 0, {}, {}
  for i, word in ipairs(words) do
    list[i] = M.shorten(M.safe(word), width)
    widest = math.max(widest, kalito.system.width(list[i]) + 2)
  end
  local per_line = math.max(1, width // widest)
  for i, word in ipairs(list) do
    local n = (i - 1) // per_line + 1
    lines[n] = (lines[n] or "") .. M.pad(word, widest)
  end
  return (table.concat(lines, "\n"):gsub(" +%f[\n\0]", ""))
end

return M
