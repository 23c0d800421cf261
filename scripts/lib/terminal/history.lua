-- history.lua: the lines typed at the prompt: $XDG_STATE_HOME/kalito/history, for the user alone, a line each, none
-- twice, the last thousand.

local kalito = package.loaded.kalito
local script = require "kalito.script"

local M = {}

local LIMIT = 1000

-- The last of equal lines stays.
local function cleaned(lines)
  local seen, out = {}, {}
  for i = #lines, 1, -1 do
    if not seen[lines[i]] and #out < LIMIT then out[#out + 1] = lines[i] end
    seen[lines[i]] = true
  end
  for i = 1, #out // 2 do out[i], out[#out - i + 1] = out[#out - i + 1], out[i] end
  return out
end

-- A file with many lines that no longer count is written anew, in one step.
local function rewrite(path, lines)
  local new = path .. ".new"
  os.remove(new)
  if kalito.term.append(new, table.concat(lines, "\n") .. "\n") then os.rename(new, path) end
end

---@return string? path nil without a home
function M.path()
  local folder = script.state_folder()
  return folder and folder .. "/history"
end

---Reads the history, and keeps its file short.
---@return string[] lines oldest first
function M.load()
  local path, lines = M.path(), {}
  local text = path and script.read(path) or ""
  for line in text:gmatch "[^\n]+" do
    if utf8.len(line) then lines[#lines + 1] = line end
  end
  local kept = cleaned(lines)
  if #lines > LIMIT + 200 then rewrite(path, kept) end
  kalito.term.history(kept)
  return kept
end

---A line without secrets: as the database that is open at the prompt would store it, unchanged when none is.
---@param line string
---@return string
function M.redact(line)
  local db = rawget(_G, "db")
  local fine, text = pcall(function() return db and db.redaction.text(line) end)
  return fine and text or line
end

---Remembers a line, unless it begins with a blank.
---@param lines string[] as `load` gave them; changed
---@param line string
function M.add(lines, line)
  line = M.redact(line)
  if line == "" or line:find "^%s" or line == lines[#lines] then return end
  lines[#lines + 1] = line
  local kept = cleaned(lines)
  table.move(kept, 1, math.max(#kept, #lines), 1, lines)
  kalito.term.history(lines)
  local path = M.path()
  if path and kalito.system.mkdir(path:match "^(.*)/") then kalito.term.append(path, line .. "\n") end
end

return M
