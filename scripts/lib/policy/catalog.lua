-- catalog.lua: all scripts that there are: where each comes from, what it overrides, and whether it loads.

local kalito = package.loaded.kalito
local behaviour = require "kalito.persona.behaviour"
local contract = require "kalito.policy.contract"
local loader = require "kalito.policy.loader"
local persona_file = require "kalito.persona.file"
local policy = require "kalito.policy"
local script = require "kalito.script"

local M = {}

M.folders = { "policies", "personas", "providers", "commands" }

---Is there a folder of scripts of that name?
---@param folder string
---@return boolean
function M.knows(folder)
  for _, name in ipairs(M.folders) do
    if name == folder then return true end
  end
  return false
end

-- The names of the functions that count for a script, ascending.
local function named(functions, counts)
  local list = kalito.json.array {}
  for name in pairs(functions) do
    if counts(name) then list[#list + 1] = name end
  end
  table.sort(list)
  return list
end

-- Each gives the names of the functions, or nil and what is wrong.
local try = {}

function try.policies(found, kind)
  if not contract.kinds[kind] then
    local near = kalito.nearest(kind, contract.names())
    return nil, "no kind of policy is called so" .. (near and " (did you mean " .. near .. "?)" or ""), "unused"
  end
  local rule, problem, code = loader.load(kind, found, policy.unisolated)
  if not rule then return nil, problem, code end
  if rule.jail then rule.jail:close() end
  if problem then return nil, problem, "settings" end
  return named(rule.functions, function(name) return contract.kinds[kind].functions[name] end)
end

function try.personas(found)
  local own, message, code = persona_file.load(found)
  if not own then return nil, message, code end
  if own.jail then own.jail:close() end
  return named(own.functions, function(name) return behaviour.functions[name] or contract.kind_of(name) end)
end

function try.providers(found)
  if found.shipped then return {} end
  local jail, message, code = kalito.jail.open {
    name = script.chunk_name(found), source = found.source, unisolated = policy.unisolated,
  }
  if not jail then return nil, message, code end
  jail:close()
  return {}
end

-- A command is the user's own code and runs with his power.
function try.commands(found)
  local spec, message, code = script.load(found)
  if not spec then return nil, message, code end
  if type(spec.run) ~= "function" and type(spec.commands) ~= "table" then
    return nil, script.chunk_name(found) .. ":1: it has neither `run` nor `commands`"
  end
  return {}
end

local words = { quarantined = "quarantined: ", unused = "unused: ", settings = "settings: " }

---Whether a script loads: "ok", or what is wrong with it.
---@param found kalito.Script
---@return string state, string[]? functions the names of a policy's or persona's
function M.state(found)
  local folder, name = found.name:match "^(%w+)/(.+)$"
  if not found.source then return "broken: " .. found.path .. ": cannot be read" end
  if found.shipped and folder == "commands" then return "ok" end
  local functions, message, code = try[folder](found, name)
  if not functions then return (words[code] or "broken: ") .. message end
  return "ok", functions
end

-- The other places of that name whose text is another one.
local function overridden(places)
  local list = {}
  for i = 2, #places do
    if places[i].source ~= places[1].source then list[#list + 1] = places[i].path or places[i].origin end
  end
  return list
end

---Every script that is in use.
---@param folder? string only those in this folder
---@return { name: string, origin: string, path: string?, overrides: string[], state: string, functions: string[] }[]
function M.list(folder)
  local rows = {}
  for _, each in ipairs(folder and { folder } or M.folders) do
    for _, name in ipairs(script.names(each)) do
      local places = script.all(each .. "/" .. name)
      local used = places[1]
      local state, functions = M.state(used)
      rows[#rows + 1] = {
        name = used.name, origin = used.shipped and "shipped" or used.origin, path = used.path,
        overrides = kalito.json.array(overridden(places)), state = state,
        functions = kalito.json.array(functions or {}),
      }
    end
  end
  return rows
end

---Where a script is looked for, in order.
---@param name string "policies/score"
---@return { path: string, origin: string, found: boolean, used: boolean }[]
function M.search(name)
  local rows, taken = {}, false
  for _, folder in ipairs(script.folders()) do
    local path = folder.path .. "/" .. name .. ".lua"
    local at = kalito.system.stat(path)
    local found = at ~= nil and at.kind == "file"
    rows[#rows + 1] = { path = path, origin = folder.origin, found = found, used = found and not taken }
    taken = taken or found
  end
  local found = kalito.embedded(name) ~= nil
  rows[#rows + 1] = { path = "(in the program)", origin = "shipped", found = found, used = found and not taken }
  return rows
end

---The full name of a script: "score" is policies/score.
---@param word string
---@return string? name, string? message, string? code
function M.resolve(word)
  local all = {}
  for _, folder in ipairs(M.folders) do
    for _, name in ipairs(script.names(folder)) do
      if word == name or word == folder .. "/" .. name then return folder .. "/" .. name end
      all[#all + 1] = folder .. "/" .. name
      all[#all + 1] = name
    end
  end
  local near = kalito.nearest(word, all)
  local hint = near and " (did you mean '" .. near .. "'?)" or ""
  return nil, "no script is called '" .. word .. "'" .. hint, "not_found"
end

return M
