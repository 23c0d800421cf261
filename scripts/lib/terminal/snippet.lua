-- snippet.lua: the part of a text that a search shows, with what was found in it marked.

local layout = require "kalito.terminal.layout"

local M = {}

---Calls `plain` for each piece of the part that is shown, and `found` for each that was looked for.
local function walk(row, plain, found)
  local at = row.from
  for _, span in ipairs(row.spans) do
    local from, to = math.max(span[1], at), math.min(span[2], row.to)
    if from <= to then
      plain(row.text:sub(at, from - 1))
      found(row.text:sub(from, to))
      at = to + 1
    end
  end
  plain(row.text:sub(at, row.to))
end

---One line that shows the part, safe for a terminal; an ellipsis stands for what is left out.
---@param row kalito.Found
---@param open string what stands before each word that was found
---@param close string
---@return string
function M.line(row, open, close)
  local out = { row.from > 1 and "…" or "" }
  local function safe(text) return layout.safe((text:gsub("%s+", " "))) end
  walk(row, function(text) out[#out + 1] = safe(text) end, function(text)
    out[#out + 1] = open
    out[#out + 1] = safe(text)
    out[#out + 1] = close
  end)
  if row.to < #row.text then out[#out + 1] = "…" end
  return table.concat(out)
end

---The places as programs want them: in characters from 0, the end excluded.
---@param row kalito.Found
---@return table part, table[] matches
function M.places(row)
  local matches, valid = {}, utf8.len(row.text) ~= nil
  local function count(bytes) return valid and utf8.len(row.text:sub(1, bytes)) or bytes end
  for i, span in ipairs(row.spans) do
    matches[i] = { start = count(span[1] - 1), ["end"] = count(span[2]) }
  end
  return { start = count(row.from - 1), ["end"] = count(row.to) }, matches
end

return M
