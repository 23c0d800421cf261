-- rows.lua: a list of rows as a table of aligned columns, whatever fields they have: well-known fields first, long
-- texts last; columns become narrower, and the last ones are left out, until a line fits.

local kalito = package.loaded.kalito
local layout = require "kalito.layout"

local M = {}

local first = { "id", "name", "session", "role", "part", "created_at", "importance_score", "score" }
local last = { summary = 1, content = 1, text = 1, prompt = 2 }

local function is_row(row)
  if type(row) ~= "table" or getmetatable(row) or next(row) == nil then return false end
  for key in next, row do
    if type(key) ~= "string" then return false end
  end
  return true
end

---Is it a list of rows, and nothing else?
---@param list table
---@return boolean
function M.fits(list)
  local n, entries = rawlen(list), 0
  for _ in next, list do entries = entries + 1 end
  if n == 0 or entries ~= n then return false end
  for i = 1, n do
    if not is_row(rawget(list, i)) then return false end
  end
  return true
end

-- The names of all fields: well-known ones first, long texts last.
local function columns_of(list, count)
  local seen, names = {}, {}
  for i = 1, count do
    for key in next, list[i] do
      if not seen[key] then names[#names + 1] = key end
      seen[key] = true
    end
  end
  local order = {}
  for i, name in ipairs(first) do order[name] = i - 100 end
  table.sort(names, function(a, b)
    local x, y = order[a] or last[a] or 0, order[b] or last[b] or 0
    if x ~= y then return x < y end
    return a < b
  end)
  return names
end

-- Makes the widest columns narrower, and leaves out the last ones, until all fit.
local function fit(widths, width)
  local function total()
    local sum = -2
    for _, w in ipairs(widths) do sum = sum + w + 2 end
    return sum
  end
  while total() > width do
    local widest = 1
    for j, w in ipairs(widths) do
      if w >= widths[widest] then widest = j end
    end
    if widths[widest] > 12 then
      widths[widest] = math.max(12, widths[widest] - (total() - width))
    elseif #widths > 1 then
      widths[#widths] = nil
    else
      break
    end
  end
end

local function cell(value, show)
  if value == nil or value == kalito.json.null then return "" end
  if type(value) == "string" then return layout.safe(value:sub(1, 1000)) end
  if type(value) == "table" then return layout.shorten(show(value), 40) end
  return math.type(value) == "float" and ("%.4g"):format(value) or tostring(value)
end

---Rows as aligned lines under the names of their fields.
---@param list table[]
---@param options { width: integer, items: integer } cells of a line, rows shown
---@param show fun(value: table): string what stands for a table in a cell
---@return string
function M.format(list, options, show)
  local count = math.min(#list, options.items)
  local names = columns_of(list, count)
  local cells, right = { names }, {}
  for i = 1, count do
    local row = {}
    for j, name in ipairs(names) do
      row[j] = cell(list[i][name], show)
      right[j] = right[j] ~= false and (list[i][name] == nil or type(list[i][name]) == "number")
    end
    cells[i + 1] = row
  end
  local widths = layout.widths(cells)
  fit(widths, options.width)
  local lines = layout.align(cells, widths, right)
  if #widths < #names then
    lines[#lines + 1] = "… also: " .. table.concat(names, ", ", #widths + 1)
  end
  if count < #list then lines[#lines + 1] = ("… %d more rows"):format(#list - count) end
  return table.concat(lines, "\n")
end

return M
