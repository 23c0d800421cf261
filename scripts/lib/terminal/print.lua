-- print.lua: what users read. Data goes to standard output: as an aligned table on a terminal, as tab-separated lines
-- in a pipe, as JSON for programs. Messages and progress go to standard error. Text that was stored may hold anything,
-- so that what could steer a terminal is shown, not sent.

local kalito = package.loaded.kalito

local M = { json = false, quiet = false }

---Text as one line that a terminal shows and does not obey, see kalito.text.safe.
---@param text string
---@return string
function M.safe(text)
  return (kalito.text.safe(text))
end

---Text of several lines, made safe; lines and tabs stay.
---@param text string
---@return string
function M.safe_lines(text)
  return kalito.text.safe(text, "\n\t")
end

local EPIPE <const> = 32

-- Who reads a pipe may have enough of it, as `head` has: then there is nobody to tell.
local function check(ok, message, number)
  if ok then return end
  error({ code = "io", message = "cannot write to standard output: " .. message, silent = number == EPIPE }, 0)
end

---Writes data. Raises { code = "io" } when that fails; `silent` when nobody reads any more.
---@param text string
function M.write(text)
  check(io.stdout:write(text))
end

---Sends what was written on its way; raises like `write`.
function M.flush()
  check(io.stdout:flush())
end

---A line for people, not data: to standard error, unless --quiet.
---@param text string
function M.note(text)
  if M.quiet then return end
  M.flush() -- what was printed before comes before it, and its failure is not passed over
  io.stderr:write(M.safe(text), "\n")
end

local bar -- the progress line is on the screen

---@return boolean
function M.shows_progress()
  return not M.quiet and kalito.system.isatty "stderr"
end

---A line that is overwritten by the next one; only on a terminal.
---@param text string? nil clears it
function M.progress(text)
  if not M.shows_progress() then return end
  if not text and not bar then return end
  io.stderr:write("\r\27[K", text and M.safe(text) or "")
  io.stderr:flush()
  bar = text ~= nil
end

---One value as JSON on a line of its own (indented on a terminal).
---@param value any
function M.object(value)
  M.write(kalito.json.encode(value, kalito.system.isatty "stdout" and 2 or 0) .. "\n")
end

---One value as a cell of a table.
---@param value any
---@return string
function M.cell(value)
  if value == nil then return "" end
  if math.type(value) == "float" then return ("%.2f"):format(value) end
  return M.safe(tostring(value))
end

---Rows for a person, a pipe or a program.
---@param rows table[]
---@param columns table[] each: [1] heading; `key` of the row, default the heading in lower case; `wide` takes the
---room that is left; `most` is its greatest width on a terminal; `right` aligns to the right; `show(value, row)` makes
---the text for people
function M.rows(rows, columns)
  if M.json then return M.object(kalito.json.array(rows)) end
  require("kalito.terminal.table").write(rows, columns)
end

---One row as lines of "name  value".
---@param row table
---@param names string[] keys in their order
function M.row(row, names)
  if M.json then return M.object(row) end
  local width = 0
  for _, name in ipairs(names) do width = math.max(width, #name) end
  for _, name in ipairs(names) do
    if row[name] ~= nil then
      local text = type(row[name]) == "string" and M.safe_lines(row[name]) or M.cell(row[name])
      M.write(("%-" .. width .. "s  %s\n"):format(name, (text:gsub("\n", "\n" .. (" "):rep(width + 2)))))
    end
  end
end

---A result: as JSON the value, else the line.
---@param value table
---@param line string
function M.result(value, line)
  if M.json then return M.object(value) end
  M.write(M.safe(line) .. "\n")
end

local UNITS = {
  { 86400 * 365, "year" }, { 86400 * 30, "month" }, { 86400, "day" }, { 3600, "hour" }, { 60, "minute" },
}

---"3 days" since a time, seen from another.
---@param time string?
---@param now string
---@return string
function M.age(time, now)
  local function seconds(text)
    local y, mo, d, h, mi, s = (text or ""):match "^(%d+)-(%d+)-(%d+)T(%d+):(%d+):(%d+)"
    return y and os.time { year = y, month = mo, day = d, hour = h, min = mi, sec = s }
  end
  local from, to = seconds(time), seconds(now)
  if not from or not to then return "" end
  local age = math.max(0, to - from)
  for _, unit in ipairs(UNITS) do
    local n = age // unit[1]
    if n >= 1 then return ("%d %s%s"):format(n, unit[2], n > 1 and "s" or "") end
  end
  return "now"
end

---A number of things for people: "1 message", "2 messages", "3 summaries".
---@param n integer
---@param noun string
---@return string
function M.count(n, noun)
  return ("%d %s"):format(n, n == 1 and noun or noun:gsub("([^aeiou])y$", "%1ie") .. "s")
end

---Bytes for people.
---@param n integer
---@return string
function M.size(n)
  for _, unit in ipairs { { 1 << 30, "GB" }, { 1 << 20, "MB" }, { 1 << 10, "kB" } } do
    if n >= unit[1] then return ("%.1f %s"):format(n / unit[1], unit[2]) end
  end
  return n .. " B"
end

return M
