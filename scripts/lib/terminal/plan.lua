-- plan.lua: the plan of a query in words, and what makes it slow.

local M = {}

-- Patterns of what SQLite says, and what it means.
local WORDS = {
  { "^SEARCH (%S+) USING INTEGER PRIMARY KEY (.*)", "finds rows of %s by their id %s" },
  { "^SEARCH (%S+) USING COVERING INDEX (%S+) (.*)", "finds rows of %s in the index %s alone %s" },
  { "^SEARCH (%S+) USING INDEX (%S+) (.*)", "finds rows of %s by the index %s %s" },
  { "^SEARCH (%S+) USING AUTOMATIC (.*)", "makes an index of %s for this query only: slow", slow = true },
  { "^SCAN (%S+) USING COVERING INDEX (%S+)", "reads all of the index %2$s of %1$s" },
  { "^SCAN (%S+) USING INDEX (%S+)", "reads all rows of %1$s in the order of the index %2$s", slow = true },
  { "^SCAN (%S+) VIRTUAL TABLE", "asks the virtual table %s" },
  { "^SCAN CONSTANT ROW", "has one row" },
  { "^SCAN (%S+)", "reads all rows of %s", slow = true },
  { "^USE TEMP B%-TREE FOR (.*)", "sorts for %s, in memory" },
  { "^CORRELATED SCALAR SUBQUERY", "for every row:" },
  { "^CO%-ROUTINE (.*)", "row by row, %s:" },
  { "^MATERIALIZE (.*)", "first, all of %s:" },
}

local function say(format, ...)
  local values = { ... }
  format = format:gsub("%%(%d)%$s", function(i) return values[tonumber(i)] end)
  return (format:gsub("%%s", function() return table.remove(values, 1) end))
end

---@param detail string a line of EXPLAIN QUERY PLAN
---@return string words, boolean slow
function M.words(detail)
  for _, entry in ipairs(WORDS) do
    local a, b, c = detail:match(entry[1])
    if a then return (say(entry[2], a, b, c):gsub("%s+$", "")), entry.slow or false end
  end
  return detail:lower(), false
end

---The plan as lines, inner steps indented; how many are slow.
---@param rows { id: integer, parent: integer, detail: string }[]
---@return { text: string, detail: string, slow: boolean }[], integer slow
function M.lines(rows)
  local depth, lines, slow = { [0] = 0 }, {}, 0
  for i, row in ipairs(rows) do
    depth[row.id] = (depth[row.parent] or 0) + 1
    local words, is_slow = M.words(row.detail)
    lines[i] = { text = ("  "):rep(depth[row.id] - 1) .. words, detail = row.detail, slow = is_slow }
    if is_slow then slow = slow + 1 end
  end
  return lines, slow
end

return M
