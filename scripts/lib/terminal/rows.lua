-- rows.lua: a list of rows as a table of aligned columns, whatever fields they have: well-known fields first, long
-- texts last; columns become narrower, and the last ones are left out, until a line fits.

local kalito = package.loaded.kalito
local layout = require "kalito.terminal.layout"

local M = {}

local first = { "id", "name", "session", "role", "part", "created_at", "importance_score", "score" }
local order = {}
for i, name in ipairs(first) do order[name] = i - 100 end
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
local function names_of(list, count)
  local seen, names = {}, {}
  for i = 1, count do
    for key in next, list[i] do
      if not seen[key] then names[#names + 1] = key end
      seen[key] = true
    end
  end
  table.sort(names, function(a, b)
    local x, y = order[a] or last[a] or 0, order[b] or last[b] or 0
    if x ~= y then return x < y end
    return a < b
  end)
  return names
end

local function cell(value, show)
  if value == nil or value == kalito.json.null then return "" end
  if type(value) == "string" then return layout.safe(value:sub(1, 1000)) end
  if type(value) == "table" then return layout.shorten(show(value), 40) end
  return math.type(value) == "float" and ("%.4g"):format(value) or tostring(value)
end

-- A column: its cells under its name, how wide it is and must be at least.
local function column_of(name, list, count, show)
  local column = { name = name, cells = { name }, width = kalito.system.width(name), right = true }
  for i = 1, count do
    local value = list[i][name]
    column.cells[i + 1] = cell(value, show)
    column.width = math.max(column.width, kalito.system.width(column.cells[i + 1]))
    column.full = column.full or column.cells[i + 1] ~= ""
    column.right = column.right and (value == nil or type(value) == "number")
  end
  column.least = math.min(column.width, last[name] and 20 or 12)
  return column
end

local function sum(columns, key)
  local total = -2
  for _, column in ipairs(columns) do total = total + column[key] + 2 end
  return total
end

-- The column to do without: one that is not well known, else one that is no long text; never the first.
local function least_known(columns)
  for _, keep in ipairs { { order, last }, { last }, {} } do
    for at = #columns, 2, -1 do
      local name = columns[at].name
      if not (keep[1] and keep[1][name] or keep[2] and keep[2][name]) then return at end
    end
  end
  return 1
end

-- Takes out columns until the others can be made narrow enough. Returns the names taken out.
local function leave_out(columns, width)
  local names = {}
  while sum(columns, "least") > width and #columns > 1 do
    table.insert(names, 1, table.remove(columns, least_known(columns)).name)
  end
  return names
end

-- Makes the widest columns narrower until a line fits.
local function narrow(columns, width)
  local over = sum(columns, "width") - width
  while over > 0 do
    local widest
    for _, column in ipairs(columns) do
      local can = column.width > column.least
      if can and (not widest or column.width > widest.width) then widest = column end
    end
    if not widest then break end
    local cut = math.min(over, widest.width - widest.least)
    widest.width, over = widest.width - cut, over - cut
  end
end

local function lines_of(columns, count)
  local cells, widths, right = {}, {}, {}
  for j, column in ipairs(columns) do
    widths[j], right[j] = column.width, column.right
    for i = 1, count + 1 do
      cells[i] = cells[i] or {}
      cells[i][j] = column.cells[i]
    end
  end
  return layout.align(cells, widths, right)
end

---Rows as aligned lines under the names of their fields.
---@param list table[]
---@param options { width: integer, items: integer } cells of a line, rows shown
---@param show fun(value: table): string what stands for a table in a cell
---@return string
function M.format(list, options, show)
  local count = math.min(#list, options.items)
  local columns = {}
  for _, name in ipairs(names_of(list, count)) do
    local column = column_of(name, list, count, show)
    if column.full then columns[#columns + 1] = column end
  end
  local left_out = leave_out(columns, options.width)
  narrow(columns, options.width)
  local lines = lines_of(columns, count)
  local also = "… also: " .. table.concat(left_out, ", ")
  if #left_out > 0 then lines[#lines + 1] = layout.shorten(also, options.width) end
  if count < #list then lines[#lines + 1] = ("… %d more rows"):format(#list - count) end
  return table.concat(lines, "\n")
end

return M
