-- report.lua: what a changed rule does, as text for people: the distribution of scores before and after, and the
-- largest changes with their reasons; and why one item is in a context or not.

local kalito = package.loaded.kalito
local layout = require "kalito.terminal.layout"

local M = {}

---Reasons as "user +0.6, question +0.2".
---@param reasons table|string a list, or its JSON
---@return string
function M.reasons(reasons)
  if type(reasons) == "string" then reasons = kalito.json.decode(reasons) end
  local out = {}
  for i, reason in ipairs(type(reasons) == "table" and reasons or {}) do
    local value = type(reason[2]) == "number" and ("%+.2g"):format(reason[2]) or tostring(reason[2])
    out[i] = layout.safe(reason[1] .. " " .. value)
  end
  return table.concat(out, ", ")
end

---Ten lines, one for each tenth of the range.
---@param result { before: integer[], after: integer[] }
---@return string[]
function M.histogram(result)
  local most, lines = 1, {}
  for i = 1, 10 do most = math.max(most, result.before[i], result.after[i]) end
  local size = math.max(6, math.min(24, (kalito.system.columns() - 26) // 2))
  local function bar(n) return ("#"):rep(math.ceil(n * size / most)) end
  for i = 1, 10 do
    local before, after = result.before[i], result.after[i]
    lines[i] = ("%.1f-%.1f  %6d %s  %6d %s"):format((i - 1) / 10, i / 10, before, layout.pad(bar(before), size), after,
      bar(after)):gsub(" +$", "")
  end
  return lines
end

---The largest changes, a line each.
---@param result { largest: table[] }
---@return string[]
function M.changes(result)
  local cells = { { "ID", "OLD", "NEW", "REASONS", "TEXT" } }
  for i, change in ipairs(result.largest) do
    cells[i + 1] = { tostring(change.id), ("%.2f"):format(change.old), ("%.2f"):format(change.new),
      M.reasons(change.reasons), layout.safe(change.text:sub(1, 1000)) }
  end
  local widths, room = layout.widths(cells), kalito.system.columns()
  widths[4] = math.min(widths[4], math.max(12, room // 3))
  widths[5] = math.min(widths[5], math.max(12, room - widths[1] - widths[2] - widths[3] - widths[4] - 8))
  return layout.align(cells, widths, { true, true, true })
end

---The whole report of a comparison.
---@param result kalito.TryResult
---@return string
function M.comparison(result)
  local lines = M.histogram(result)
  lines[#lines + 1] = ("%d of %d messages change"):format(result.changed, result.messages)
  if result.changed > 0 then table.move(M.changes(result), 1, #result.largest + 1, #lines + 1, lines) end
  return table.concat(lines, "\n")
end

---An item of a context as lines.
---@param item kalito.Item
---@return string
function M.item(item)
  local reasons = M.reasons(item.reasons)
  return ("%s %s: %s, %s\nscore %.2f%s, %d tokens\n%s"):format(item.part, item.id or "", item["in"] and "in" or "out",
    item.why, item.score, reasons ~= "" and " (" .. reasons .. ")" or "", item.tokens,
    layout.shorten(layout.safe(item.text:sub(1, 2000)), 400))
end

return M
