-- pretty.lua: any Lua value as text for people: keys sorted, depth, length and width limited, circles cut, lists of
-- rows as tables. It never runs code of the value but __tostring, and that protected.

local kalito = package.loaded.kalito
local layout = require "kalito.terminal.layout"
local rows = require "kalito.terminal.rows"

local M = {}

---@class kalito.PrettyOptions
---@field width? integer cells of a line, default those of the terminal
---@field depth? integer tables inside tables, default 4
---@field items? integer entries shown of one table, default 100
---@field text? integer cells shown of a text inside a table, default 200

local NODES = 10000 -- shown of one value

local keywords = {}
for word in ([[and break do else elseif end false for function goto if in local nil not or repeat return then true
  until while]]):gmatch "%a+" do
  keywords[word] = true
end

local function quote(text, width)
  local long = #text > width * 4 and text:sub(1, width * 4) or text
  local safe = layout.safe((long:gsub('[\\"]', "\\%0")))
  local short = layout.shorten(safe, width)
  if short == safe and long == text then return '"' .. safe .. '"' end
  return '"' .. short:gsub("…$", "") .. ('"… (%d bytes)'):format(#text)
end

local ranks = { number = 1, string = 2, boolean = 3 }

local function before(a, b)
  local x, y = ranks[type(a)] or 4, ranks[type(b)] or 4
  if x ~= y then return x < y end
  if x <= 2 then return a < b end
  return tostring(a) < tostring(b)
end

-- The keys of a table behind its list part, sorted, and the length of that part.
local function keys_of(t)
  local keys, n = {}, rawlen(t)
  for key in next, t do
    local in_list = math.type(key) == "integer" and key >= 1 and key <= n
    if not in_list then keys[#keys + 1] = key end
  end
  table.sort(keys, before)
  return keys, n
end

local function own_text(value)
  local meta = debug.getmetatable(value)
  local show = type(meta) == "table" and rawget(meta, "__tostring")
  if not show then return nil end
  local ok, text = pcall(tostring, value)
  return layout.safe_lines(ok and text or "<__tostring: " .. tostring(text) .. ">")
end

local show

local function entries_of(t, state, depth)
  local entries, keys, n = {}, keys_of(t)
  for i = 1, math.min(n, state.items) do entries[i] = show(rawget(t, i), state, depth + 1) end
  for i = 1, math.min(#keys, math.max(0, state.items - n)) do
    local key = keys[i]
    local plain = type(key) == "string" and key:find "^[%a_][%w_]*$" and not keywords[key]
    entries[#entries + 1] = (plain and key or "[" .. show(key, state, state.depth) .. "]") .. " = "
      .. show(rawget(t, key), state, depth + 1)
  end
  local more = n + #keys - #entries
  if more > 0 then entries[#entries + 1] = ("… %d more"):format(more) end
  return entries
end

-- Several short entries on each line.
local function fill(entries, room)
  local lines = {}
  for _, entry in ipairs(entries) do
    local line = lines[#lines] and lines[#lines] .. ", " .. entry
    local fits = line and not line:find("\n", 1, true) and kalito.system.width(line) <= room
    lines[fits and #lines or #lines + 1] = fits and line or entry
  end
  return lines
end

local function show_table(t, state, depth)
  if state.inside[t] then return "<circle>" end
  if next(t) == nil then return "{}" end
  if depth >= state.depth then return "{…}" end
  state.inside[t] = true
  local entries = entries_of(t, state, depth)
  state.inside[t] = nil
  local line = "{ " .. table.concat(entries, ", ") .. " }"
  local room = state.width - depth * 2
  if not line:find("\n", 1, true) and kalito.system.width(line) <= room then return line end
  local indent = (" "):rep(depth * 2 + 2)
  if rawlen(t) >= #entries - 1 then entries = fill(entries, room - 3) end
  return "{\n" .. indent .. table.concat(entries, ",\n" .. indent) .. "\n" .. (" "):rep(depth * 2) .. "}"
end

function show(value, state, depth)
  state.nodes = state.nodes + 1
  if state.nodes > NODES then return "…" end
  local kind = type(value)
  if kind == "string" then return quote(value, depth == 0 and state.text * 10 or state.text) end
  if kind == "nil" or kind == "boolean" or kind == "number" then return tostring(value) end
  if value == kalito.json.null then return "kalito.json.null" end
  local text = own_text(value)
  if text then return text end
  if kind == "table" then return show_table(value, state, depth) end
  if kind == "function" and depth > 0 then return "function" end
  return layout.safe(tostring(value))
end

---A value as text, without a newline at the end.
---@param value any
---@param options? kalito.PrettyOptions
---@return string
function M.format(value, options)
  options = options or {}
  local state = {
    width = options.width or kalito.system.columns(), depth = options.depth or 4, items = options.items or 100,
    text = options.text or 200, nodes = 0, inside = {},
  }
  if type(value) == "table" and not own_text(value) and rows.fits(value) then
    return rows.format(value, state, function(inner) return M.format(inner, { depth = 1, width = 1000, text = 20 }) end)
  end
  return show(value, state, 0)
end

return M
