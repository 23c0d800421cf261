-- folders.lua: where the files of a user are: settings and scripts, databases, histories.

local M = {}

local function environment_folder(name, otherwise)
  local value = os.getenv(name)
  if value and value:sub(1, 1) == "/" then return value end -- XDG: a relative value is ignored
  local home = os.getenv "HOME"
  return home and home ~= "" and home .. otherwise or nil
end

---The user's folder of settings and scripts: $XDG_CONFIG_HOME/kalito. Nil without a home.
---@return string?
function M.config()
  local base = environment_folder("XDG_CONFIG_HOME", "/.config")
  return base and base .. "/kalito"
end

---The user's folder of databases: $XDG_DATA_HOME/kalito. Nil without a home.
---@return string?
function M.data()
  local base = environment_folder("XDG_DATA_HOME", "/.local/share")
  return base and base .. "/kalito"
end

---The user's folder of histories: $XDG_STATE_HOME/kalito. Nil without a home.
---@return string?
function M.state()
  local base = environment_folder("XDG_STATE_HOME", "/.local/state")
  return base and base .. "/kalito"
end

return M
