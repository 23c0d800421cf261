-- users.lua: which processes have a file open, and which of them hold locks, where the system tells.

local kalito = package.loaded.kalito
local script = require "kalito.script"

local M = {}

local function lockers()
  local pids = {}
  for line in (script.read "/proc/locks" or ""):gmatch "[^\n]+" do
    local kind, pid = line:match "POSIX%s+%S+%s+(%S+)%s+(%d+)"
    if pid then pids[pid] = pids[pid] == "WRITE" and "WRITE" or kind end
  end
  return pids
end

local function command_of(pid)
  local text = script.read("/proc/" .. pid .. "/cmdline") or ""
  return (text:gsub("%z", " "):gsub("%s+$", ""))
end

local function has_open(pid, files)
  for _, fd in ipairs(kalito.system.list("/proc/" .. pid .. "/fd") or {}) do
    local target = kalito.system.realpath("/proc/" .. pid .. "/fd/" .. fd)
    if target and files[target] then return true end
  end
  return false
end

---Processes other than this one that have the database open.
---@param path string
---@return { pid: integer, command: string, lock: "READ"|"WRITE"|nil }[]? list nil where the system does not tell
function M.of(path)
  local real = kalito.system.realpath(path)
  local pids = real and kalito.system.list "/proc"
  local own = script.read "/proc/self/stat"
  if not pids or not own then return nil end
  local files = { [real] = true, [real .. "-wal"] = true, [real .. "-shm"] = true }
  local locks, list = lockers(), {}
  for _, pid in ipairs(pids) do
    if pid:find "^%d+$" and pid ~= own:match "^%d+" and has_open(pid, files) then
      list[#list + 1] = { pid = math.tointeger(pid), command = command_of(pid), lock = locks[pid] }
    end
  end
  return list
end

return M
