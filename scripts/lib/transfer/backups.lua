-- backups.lua: the backups in a folder: which there are, of which database, and which may go.

local kalito = package.loaded.kalito
local script = require "kalito.script"

local M = {}

local NAME = "%-(%d%d%d%d%d%d%d%dT%d%d%d%d%d%d%d%d%dZ)%-%x+%.db$"
local DAY = 86400

---Where backups go when nobody says otherwise.
---@return string? folder, string? message, string? code
function M.folder()
  local data = script.data_folder()
  if not data then return nil, "no folder for backups: name one", "usage" end
  return data .. "/backups"
end

---Does the name hold a check of the content? One that the user has chosen does not.
---@param path string
---@return boolean
function M.has_check(path)
  return path:find(NAME) ~= nil
end

---The backups of a folder, the newest first. A file that cannot be read has `problem`.
---@param folder string
---@return table[]? list of what kalito.backup.get gives, and `name`, `kind` ("backup", "migration", "restore")
---@return string? message, string? code
function M.list(folder)
  local names, message, code = kalito.system.list(folder)
  if not names then return nil, message, code end
  local list = {}
  for _, name in ipairs(names) do
    local stamp = name:match(NAME)
    if stamp and name:sub(1, 1) ~= "." then
      local path = folder .. "/" .. name
      local found, problem = kalito.backup.get(path)
      found = found or { path = path, problem = problem }
      found.name, found.stamp = name, stamp
      found.kind = name:match "%-before%-(%l+)%-%d+T" or name:match "%-(damaged)%-%d+T" or "backup"
      list[#list + 1] = found
    end
  end
  table.sort(list, function(a, b)
    if a.stamp ~= b.stamp then return a.stamp > b.stamp end
    return a.name > b.name
  end)
  return list
end

-- Is it in the backup? One of another schema cannot be asked: then it may be.
local function may_hold(backup, holds)
  local db <close> = kalito.open(backup.path, { read_only = true })
  return not db or holds(db)
end

---Backups of a database, where backups usually are. Those from before adoption carry its name only.
---@param path string of the database
---@param holds? fun(db: kalito.Store): boolean only those of which this is true, or which cannot be opened
---@return string[] paths
function M.holders(path, holds)
  local own, stem = kalito.backup.get(path) or {}, path:match "([^/]+)%.[^./]*$" or path:match "[^/]+$"
  local found = {}
  for _, folder in ipairs { (M.folder()) or "", path:match "^(.*)/" or "." } do
    for _, backup in ipairs(folder ~= "" and M.list(folder) or {}) do
      local same = backup.store_id == own.store_id or not backup.store_id and backup.name:find(stem, 1, true) == 1
      if same and (not holds or may_hold(backup, holds)) then found[#found + 1] = backup.path end
    end
  end
  return found
end

-- What a copy that was killed leaves behind; a copy under way is younger.
local function remove_partial(folder)
  for _, name in ipairs(kalito.system.list(folder) or {}) do
    local info = name:find "^%.partial%-" and kalito.system.stat(folder .. "/" .. name)
    if info and os.time() - info.modified > DAY then os.remove(folder .. "/" .. name) end
  end
end

---Removes all but the newest backups of one database, never those made before a migration or a restore.
---@param folder string
---@param store_id string whose
---@param keep integer how many stay
---@return string[]? removed names, string? message, string? code
function M.prune(folder, store_id, keep)
  local list, message, code = M.list(folder)
  if not list then return nil, message, code end
  local removed, seen = {}, 0
  for _, backup in ipairs(list) do
    if backup.kind == "backup" and not backup.problem and backup.store_id == store_id then
      seen = seen + 1
      if seen > keep then
        local ok
        ok, message = os.remove(backup.path)
        if not ok then return nil, message, "io" end
        removed[#removed + 1] = backup.name
      end
    end
  end
  remove_partial(folder)
  return removed
end

return M
