-- writing.lua: puts scripts of the user's own into his configuration folder, with what an editor needs beside them.

local kalito = package.loaded.kalito
local contract = require "kalito.policy.contract"
local manual = require "kalito.policy.manual"
local script = require "kalito.script"
local template = require "kalito.policy.template"

local M = {}

local function write(path, text)
  if kalito.system.stat(path) then return nil, path .. " is there already", "exists" end
  local ok, message, code = kalito.system.mkdir(path:match "^(.*)/")
  if not ok then return nil, message, code end
  local file
  file, message = io.open(path, "wb")
  if not file then return nil, message, "io" end
  ok, message = file:write(text)
  local closed, problem = file:close()
  if ok and closed then return true end
  os.remove(path)
  return nil, path .. ": " .. tostring(message or problem), "io"
end

-- The stubs for the editor: the installed ones, or copies beside the scripts.
local function library(folder)
  local installed = kalito.installed .. "/meta"
  if kalito.system.stat(installed .. "/kalito.lua") then return installed end
  for _, name in ipairs(kalito.embedded_names()) do
    if name:find "^meta/" then write(folder .. "/" .. name .. ".lua", kalito.embedded(name)) end
  end
  return "meta"
end

-- The name and the text of what is asked for.
local function content(kind, name, extend)
  if contract.kinds[kind] then
    if name then return nil, "a policy is called like its kind: NAME is for the other kinds", "usage" end
    local full = "policies/" .. kind
    return full, extend and template.extend(kind) or template.head(kind) .. kalito.embedded(full)
  end
  local folder = manual.folder(kind)
  if not folder then return nil, manual.unknown(kind), "usage" end
  if extend then return nil, "--extend is for policies", "usage" end
  if not name then return nil, "NAME is missing: what the " .. kind .. " is to be called", "usage" end
  if not name:find "^[%w_-]+$" then return nil, "NAME may have letters, digits, - and _", "usage" end
  local full = folder .. "/" .. name
  return full, kalito.embedded(full) or template.blank(folder, name)
end

---Writes a script of a kind, or a copy of the shipped one of that name.
---@param kind string
---@param name? string
---@param extend? boolean
---@return string? path, string? message, string? code
function M.new(kind, name, extend)
  local folder = script.config_folder()
  if not folder then return nil, "there is no configuration folder: set HOME or XDG_CONFIG_HOME", "io" end
  local full, text, code = content(kind, name, extend)
  if not full then return nil, text, code end
  local path = folder .. "/" .. full .. ".lua"
  local ok, message
  ok, message, code = write(path, text)
  if not ok then return nil, message, code end
  local luarc = folder .. "/.luarc.json"
  if not kalito.system.stat(luarc) then write(luarc, template.luarc(library(folder))) end
  return path
end

return M
