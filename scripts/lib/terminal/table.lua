-- table.lua: rows for people: aligned columns on a terminal, tab-separated lines in a pipe. Part of print.lua.

local kalito = package.loaded.kalito
local layout = require "kalito.terminal.layout"
local print = require "kalito.terminal.print"

local M = {}

local LEAST <const> = 16 -- cells of a wide column

-- Takes cells from the columns that have a greatest width (`most`), always from the widest of them, until a wide column
-- has room. Gives the new total.
local function narrowed(widths, columns, total)
  while total + LEAST > kalito.system.columns() do
    local widest
    for j, column in ipairs(columns) do
      if column.most and widths[j] > LEAST / 2 and (not widest or widths[j] > widths[widest]) then widest = j end
    end
    if not widest then break end
    widths[widest], total = widths[widest] - 1, total - 1
  end
  return total
end

-- Wide columns share what the others leave of the terminal.
local function write_aligned(cells, columns)
  local widths, right, total = layout.widths(cells), {}, 0
  for j, column in ipairs(columns) do
    right[j] = column.right
    widths[j] = math.min(widths[j], column.most or math.huge)
    if not column.wide then total = total + widths[j] + 2 end
  end
  total = narrowed(widths, columns, total)
  local room = math.max(LEAST // 2, kalito.system.columns() - total)
  for j, column in ipairs(columns) do
    if column.wide then widths[j] = math.min(widths[j], room) end
  end
  for _, line in ipairs(layout.align(cells, widths, right)) do print.write(line .. "\n") end
end

---Writes rows; see print.rows.
---@param rows table[]
---@param columns table[]
function M.write(rows, columns)
  local terminal = kalito.system.isatty "stdout"
  local cells = {}
  if terminal then
    cells[1] = {}
    for j, column in ipairs(columns) do cells[1][j] = column[1] end
  end
  for _, row in ipairs(rows) do
    local line = {}
    for j, column in ipairs(columns) do
      local value = row[column.key or column[1]:lower()]
      if column.show then value = column.show(value, row) end
      line[j] = print.cell(value)
    end
    if terminal then cells[#cells + 1] = line else print.write(table.concat(line, "\t") .. "\n") end
  end
  if terminal then write_aligned(cells, columns) end
end

return M
