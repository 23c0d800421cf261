-- script.lua: where Lua files come from. A name such as "policies/score" is looked for in the user's folders, in
-- the installed one and among the files embedded in the program; the first hit wins. Owns finding, reading and
-- loading; what a file means is for others.

local kalito = package.loaded.kalito
local folders = require "kalito.folders"

local M = { config_folder = folders.config, data_folder = folders.data, state_folder = folders.state }

---@class kalito.Script
---@field name string "policies/score"
---@field path? string file name; absent: embedded
---@field origin "--scripts"|"$KALITO_PATH"|"config"|"installed"|"shipped"|"file"
---@field source? string absent: the file cannot be read
---@field hash? string what names its text in a trace
---@field shipped boolean the text is the one embedded in the program, wherever it was found

local extra -- the folder of --scripts

---Sets the folder that is searched first.
---@param folder? string
function M.use_folder(folder)
  extra = folder
end

---The folders that are searched, in their order.
---@return { path: string, origin: string }[]
function M.folders()
  local list = {}
  if extra then list[1] = { path = extra, origin = "--scripts" } end
  for folder in (os.getenv "KALITO_PATH" or ""):gmatch "[^:]+" do
    list[#list + 1] = { path = folder, origin = "$KALITO_PATH" }
  end
  local config = folders.config()
  if config then list[#list + 1] = { path = config, origin = "config" } end
  list[#list + 1] = { path = kalito.installed, origin = "installed" }
  return list
end

---The whole text of a file.
---@param path string
---@return string? text, string? message, string? code
function M.read(path)
  local file, message = io.open(path, "rb")
  if not file then return nil, message, "not_found" end
  local text = file:read "a"
  file:close()
  if not text then return nil, path .. ": cannot be read", "io" end
  return text
end

local function is_file(path)
  local found = kalito.system.stat(path)
  return found and found.kind == "file"
end

-- The text of a shipped script, and what names it, when it is asked for: running it needs neither.
local shipped_meta = {
  __index = function(self, key)
    if key ~= "source" and key ~= "hash" then return nil end
    local value = key == "source" and kalito.embedded(self.name) or kalito.embedded_hash(self.name)
    rawset(self, key, value)
    return value
  end,
}

---@return kalito.Script
local function shipped(name, path, origin)
  return setmetatable({ name = name, path = path, origin = origin, shipped = true }, shipped_meta)
end

---@return kalito.Script
local function made(name, path, origin, source)
  local hash = source and kalito.hash(source)
  if hash and hash == kalito.embedded_hash(name) then return shipped(name, path, origin) end
  return { name = name, path = path, origin = origin, source = source, hash = hash, shipped = false }
end

---The shipped script of that name.
---@param name string
---@return kalito.Script? script nil: there is none
function M.shipped(name)
  return kalito.embedded_hash(name) and shipped(name, nil, "shipped") or nil
end

---Every place a script of that name stands in, the winner first.
---@param name string
---@return kalito.Script[]
function M.all(name)
  local list = {}
  for _, folder in ipairs(M.folders()) do
    local path = folder.path .. "/" .. name .. ".lua"
    if is_file(path) then list[#list + 1] = made(name, path, folder.origin, (M.read(path))) end
  end
  list[#list + 1] = M.shipped(name)
  return list
end

---The script of that name that is used.
---@param name string
---@return kalito.Script? script, string? message, string? code
function M.find(name)
  for _, folder in ipairs(M.folders()) do
    local path = folder.path .. "/" .. name .. ".lua"
    if is_file(path) then
      local source, message, code = M.read(path)
      if not source then return nil, message, code end
      return made(name, path, folder.origin, source)
    end
  end
  local found = M.shipped(name)
  if found then return found end
  return nil, "no script is called " .. name, "not_found"
end

---The script in a given file.
---@param path string
---@param name? string what it is to be called; its path otherwise
---@return kalito.Script? script, string? message, string? code
function M.file(path, name)
  if not is_file(path) then return nil, path .. ": no such file", "not_found" end
  local source, message, code = M.read(path)
  if not source then return nil, message, code end
  return made(name or path, path, "file", source)
end

---The name that errors of a script begin with: its path, or its place among the shipped files.
---@param script kalito.Script
---@return string
function M.chunk_name(script)
  return script.path or "kalito/" .. script.name .. ".lua"
end

---Runs the file of a script and gives the table it returns.
---@param script kalito.Script
---@param environment? table what it sees as globals; all of them otherwise
---@return table? result, string? message, string? code
function M.load(script, environment)
  local chunk, message
  if script.shipped then
    chunk = kalito.embedded_load(script.name, environment or _G)
  else
    chunk, message = load(script.source, "@" .. M.chunk_name(script), "t", environment or _G)
  end
  if not chunk then return nil, message, "policy" end
  local ok, result = pcall(chunk)
  if not ok then return nil, tostring(result), "policy" end
  if type(result) ~= "table" then
    return nil, M.chunk_name(script) .. ": returns a " .. type(result) .. ", not a table", "policy"
  end
  return result
end

-- Shipped files see the global `kalito` also where there is none: in stock lua5.4.
local shipped_environment = setmetatable({ kalito = kalito }, { __index = _G })

---The shipped file of that name, loaded afresh: what users build their own upon.
---@param name string "policies/score"
---@return table
function M.builtin(name)
  local found = M.shipped(name)
  if not found then error("no shipped script is called " .. tostring(name), 2) end
  local result, message = M.load(found, shipped_environment)
  if not result then error(message, 2) end
  return result
end

---The names of all scripts in a folder such as "policies", from all places, ascending, without the folder.
---@param folder string
---@return string[]
function M.names(folder)
  local seen, list = {}, {}
  local function add(name)
    if not seen[name] then
      seen[name] = true
      list[#list + 1] = name
    end
  end
  for _, place in ipairs(M.folders()) do
    for _, file in ipairs(kalito.system.list(place.path .. "/" .. folder) or {}) do
      local name = file:match "^([%w_%-]+)%.lua$"
      if name then add(name) end
    end
  end
  for _, name in ipairs(kalito.embedded_names()) do
    local own = name:match("^" .. folder .. "/([%w_%-]+)$")
    if own then add(own) end
  end
  table.sort(list)
  return list
end

return M
