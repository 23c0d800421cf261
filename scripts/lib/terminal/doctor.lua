-- doctor.lua: what kalito stands on, on this machine: versions, folders, the database, the jail, the scripts, the
-- backups, the model servers. Each remark is one line, with advice where there is something to do.

local kalito = package.loaded.kalito
local backups = require "kalito.transfer.backups"
local catalog = require "kalito.policy.catalog"
local print = require "kalito.terminal.print"
local script = require "kalito.script"
local users = require "kalito.terminal.users"

local M = {}

local WAL_LARGE = 64 << 20
local BACKUP_OLD = 7 * 86400

local function mode_of(path)
  local found = kalito.system.stat(path)
  return found and found.mode, found
end

local parts = {}

function parts.versions(add)
  local probe = kalito.open(":memory:", { create = true })
  local rows = probe and probe.sql and probe.sql "SELECT sqlite_version() AS version"
  if probe then probe.close() end
  add(("kalito %s, %s, SQLite %s"):format(kalito._VERSION, _VERSION, rows and rows[1].version or "unknown"))
end

function parts.folders(add)
  for _, each in ipairs { { "settings", script.config_folder() }, { "data", script.data_folder() },
    { "histories", script.state_folder() } } do
    local mode = each[2] and mode_of(each[2])
    if not each[2] then
      add("no folder for " .. each[1] .. ": HOME is not set", "set HOME", true)
    elseif mode and mode & 7 ~= 0 then
      add(("folder of %s %s can be read by everybody"):format(each[1], each[2]), "chmod 700 " .. each[2], true)
    else
      add(("folder of %s: %s%s"):format(each[1], each[2], mode and "" or " (not made yet)"))
    end
  end
end

function parts.database(add, path)
  local mode, found = mode_of(path)
  if not found then return add("no database at " .. path, "kalito init") end
  if mode & 63 ~= 0 then add(path .. " can be read by others", "chmod 600 " .. path, true) end
  local db, message = kalito.open(path)
  if not db then return add(message, "kalito check", true) end
  local info = db.stat()
  add(("database %s: schema %d, %s, journal %s, log %s"):format(path, info.schema_version, print.size(info.file_size),
    info.journal_mode, print.size(info.wal_size)))
  local redaction, problem = db.redaction.get()
  local on = redaction and table.concat(redaction.detectors, ", ")
  if not on then return add(path .. ": " .. problem, "kalito check", true) end
  add(on == "" and "redaction is off: secrets are stored as they come (kalito redact)" or "redacted: " .. on)
  if info.wal_size > WAL_LARGE then
    add("the log is large: a reader keeps it", "kalito optimize when nobody reads", true)
  end
  if info.read_only then add("the database can only be read", "look at the rights of the file and its folder", true) end
  local found_wrong = db.check "quick"
  for _, remark in ipairs(found_wrong or {}) do
    if remark.wrong then add(remark.what, remark.mend, true) end
  end
  db.close()
end

-- Backing up takes the file's size once more, packing it twice.
function parts.disk(add, path)
  local folder = path:match "^(.*)/" or "."
  local found, space = kalito.system.stat(path), kalito.system.space(folder == "" and "/" or folder)
  if not space then return end
  local needed = math.max(100 << 20, 2 * (found and found.size or 0))
  add(("%s are free on the disk"):format(print.size(space)), space < needed and "make room" or nil, space < needed)
end

function parts.users(add, path)
  local list = users.of(path)
  for _, user in ipairs(list or {}) do
    local lock = user.lock == "WRITE" and ", writing" or user.lock and ", reading" or ""
    add(("process %d has the database open%s: %s"):format(user.pid, lock, user.command:sub(1, 80)))
  end
end

function parts.jail(add)
  local jail = kalito.jail.status {}
  if jail.isolated then
    add "policy files of others run isolated: seccomp, no_new_privs and limits hold"
  else
    add("policy files of others are refused: " .. (jail.message or "no isolation here"),
      "a kernel with seccomp, or --allow-unisolated at your own risk", true)
  end
  if jail.concat_fault then
    add(jail.lua .. " of this system has a fault in concatenation by metamethods: rules avoid it, the jail holds it")
  end
end

function parts.scripts(add)
  local own = 0
  for _, row in ipairs(catalog.list()) do
    if row.origin ~= "shipped" then own = own + 1 end
    if row.state ~= "ok" then add(row.name .. " is " .. row.state, "kalito script test " .. row.name, true) end
  end
  add(own == 0 and "all scripts are the shipped ones" or own .. " scripts are your own (kalito script list)")
end

function parts.backups(add)
  local folder = backups.folder() or "backups"
  local newest = kalito.system.stat(folder) and (backups.list(folder) or {})[1]
  if not newest then return add("no backup in " .. folder, "kalito backup") end
  local found = kalito.system.stat(newest.path)
  local age = found and os.time() - found.modified or 0
  local mend = age > BACKUP_OLD and "kalito backup" or nil
  add(("newest backup: %s, %s old"):format(newest.name, print.count(age // 86400, "day")), mend)
end

function parts.models(add)
  for _, name in ipairs { "OPENAI_API_KEY", "ANTHROPIC_API_KEY", "OLLAMA_HOST" } do
    if os.getenv(name) then add("models: " .. name .. " is set") end
  end
  local called, list, problem = pcall(require("kalito.model.provider").models)
  if not called then return add(tostring(list), "look at the settings", true) end
  local names, order = {}, {}
  for _, model in ipairs(list or {}) do
    if not names[model.provider] then order[#order + 1] = model.provider end
    names[model.provider] = names[model.provider] or {}
    table.insert(names[model.provider], model.name)
  end
  for _, name in ipairs(order) do
    local such = table.concat(names[name], ", ", 1, math.min(3, #names[name]))
    add(("models: %s answers, with %s, such as %s"):format(name, print.count(#names[name], "model"), such))
  end
  if problem then add("models: " .. problem, "start the server, or set its address: kalito works without") end
end

local ORDER = { "versions", "folders", "database", "disk", "users", "jail", "scripts", "backups", "models" }

---Looks at everything.
---@param path string of the database
---@return { what: string, mend: string?, wrong: boolean }[] list with `wrong`, how many are
function M.examine(path)
  local list = { wrong = 0 }
  local function add(what, mend, wrong)
    list[#list + 1] = { what = what, mend = mend, wrong = wrong or false }
    if wrong then list.wrong = list.wrong + 1 end
  end
  for _, name in ipairs(ORDER) do
    parts[name](add, path)
  end
  return list
end

return M
