-- candidates.lua: which candidates of a context a terminal shows: all that are in, and of those that are out the best
-- for each reason; of the others how many they are. A pipe gets all of them, in their order.

local kalito = package.loaded.kalito
local print = require "kalito.terminal.print"

local M = {}

local EACH <const> = 2 -- shown of each reason
local FEW <const> = 8  -- so many are not worth being left out

-- The same reason with other numbers is the same.
local function reason_of(item)
  return (item.why:gsub("%d+", "…"))
end

-- Those that are out by their reasons, the best first.
local function by_reason(out)
  local groups, order = {}, {}
  table.sort(out, function(a, b)
    if a.item.score ~= b.item.score then return a.item.score > b.item.score end
    return a.place < b.place
  end)
  for _, entry in ipairs(out) do
    local reason = reason_of(entry.item)
    if not groups[reason] then
      groups[reason] = {}
      order[#order + 1] = reason
    end
    table.insert(groups[reason], entry)
  end
  return groups, order
end

---@param items { in: boolean, why: string, score: number }[]
---@return table[] shown, string? rest how many are not shown, and why they are out
function M.shown(items)
  local shown, out, rest, count = {}, {}, {}, 0
  for i, item in ipairs(items) do
    if item["in"] then shown[#shown + 1] = item else out[#out + 1] = { item = item, place = i } end
  end
  if #out <= FEW or not kalito.system.isatty "stdout" then return items end
  local groups, order = by_reason(out)
  for _, reason in ipairs(order) do
    local group = groups[reason]
    for i = 1, math.min(EACH, #group) do shown[#shown + 1] = group[i].item end
    if #group > EACH then
      rest[#rest + 1] = ("%s (%d)"):format(reason, #group - EACH)
      count = count + #group - EACH
    end
  end
  if count == 0 then return shown end
  return shown, ("%d more are out: %s; a pipe and --json list them"):format(count, table.concat(rest, ", "))
end

---Writes rows made of the candidates that are shown, and what is left out under them.
---@param items table[]
---@param row fun(item: table): table
---@param columns table[] as for print.rows
function M.write(items, row, columns)
  local shown, rest = M.shown(items)
  local rows = {}
  for i, item in ipairs(shown) do rows[i] = row(item) end
  print.rows(rows, columns)
  if rest then print.note(rest) end
end

return M
