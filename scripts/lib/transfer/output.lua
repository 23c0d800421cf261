-- output.lua: files that a command writes: whole or not at all, and never over the database.

local kalito = package.loaded.kalito

local M = {}

local function io_error(message)
  error({ code = "io", message = message }, 0)
end

---Is this the database, or something beside it that belongs to it? Only SQLite may open those: when another handle of
---this process is closed, the system drops SQLite's locks.
---@param path string
---@param database string
---@return boolean?
function M.is_database(path, database)
  local real, own = kalito.system.realpath(path), kalito.system.realpath(database)
  return real and own and (real == own or real == own .. "-wal" or real == own .. "-shm" or real == own .. "-journal")
end

---Writes a file: under another name first, unless it is a device.
---@param path string
---@param database string the file that must not be written over
---@param work fun(write: fun(text: string)): any, ... keeps the file when its first result is true
---@return any ... the results of `work`, or nil, message, code
function M.file(path, database, work)
  local there = kalito.system.stat(path)
  if there and there.kind == "folder" then return nil, path .. ": is a folder", "io" end
  if M.is_database(path, database) then return nil, path .. ": is the database itself", "usage" end
  local part = there and there.kind == "other" and path or path .. ".part"
  if part ~= path then
    os.remove(part)
    kalito.term.append(part, "") -- makes it for the user alone: conversations are private
  end
  local file, message = io.open(part, "wb")
  if not file then return nil, message, "io" end
  local ok, result, text, code = pcall(work, function(line)
    local done, problem = file:write(line)
    if not done then io_error(path .. ": " .. problem) end
  end)
  local closed, problem = file:close()
  if ok and result and not closed then ok, result = false, { code = "io", message = path .. ": " .. problem } end
  if ok and result and part ~= path then
    kalito.system.sync(part)
    closed, problem = os.rename(part, path)
    if not closed then ok, result = false, { code = "io", message = problem } end
  end
  if not (ok and result) and part ~= path then os.remove(part) end
  if not ok then error(result, 0) end
  return result, text, code
end

return M
