-- trials.lua: which scripts `kalito script test` tries: a file, a name, or all that are in use.

local kalito = package.loaded.kalito
local behaviour = require "kalito.persona.behaviour"
local catalog = require "kalito.policy.catalog"
local contract = require "kalito.policy.contract"
local policy = require "kalito.policy"
local script = require "kalito.script"
local trial = require "kalito.policy.trial"

local M = {}

-- The name that a file would have among the scripts: by its place, its own name, or the functions it has.
local function name_of(path)
  local base = path:match "([^/]+)%.lua$" or "file"
  if contract.kinds[base] then return "policies/" .. base end
  if path:find "personas/[^/]*$" then return "personas/" .. base end
  local found, message, code = script.file(path)
  if not found then return nil, message, code end
  local jail
  jail, message, code = kalito.jail.open { name = path, source = found.source, unisolated = policy.unisolated }
  if not jail then return nil, message, code end
  local functions = jail:info().functions
  jail:close()
  for name in pairs(behaviour.functions) do
    if functions[name] then return "personas/" .. base end
  end
  for _, kind in ipairs(contract.names()) do
    for name in pairs(contract.kinds[kind].functions) do
      if functions[name] then return "policies/" .. kind end
    end
  end
  return nil, path .. ": it has no function of any kind of policy", "policy"
end

local function one(word)
  local found, name, message, code
  if kalito.system.stat(word) then
    name, message, code = name_of(word)
    if not name then return nil, message, code end
    found, message, code = script.file(word, name)
  else
    name, message, code = catalog.resolve(word)
    if not name then return nil, message, code end
    found, message, code = script.find(name)
  end
  if not found then return nil, message, code end
  return { trial.try(name:match "^policies/(.*)$", found) }
end

---Tries a file or a script by its name; without one, all that are in use.
---@param word? string
---@return kalito.Trial[]? results, string? message, string? code
function M.all(word)
  if word then return one(word) end
  local results = {}
  for _, row in ipairs(catalog.list()) do
    results[#results + 1] = trial.try(row.name:match "^policies/(.*)$", script.find(row.name))
  end
  return results
end

return M
