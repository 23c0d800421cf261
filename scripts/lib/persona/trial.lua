-- trial.lua: whether the file of a persona does what it should: what it decides in the place of policies by the
-- contracts of their kinds, system, before and after by their own. A file that is not shipped runs in the jail.

local behaviour = require "kalito.persona.behaviour"
local calling = require "kalito.policy.calling"
local catalog = require "kalito.policy.catalog"
local contract = require "kalito.policy.contract"
local persona_file = require "kalito.persona.file"
local samples = require "kalito.policy.samples"
local trial = require "kalito.policy.trial"

local M = {}

-- One of the functions that only personas have.
local function call_hook(own, name, arguments)
  local list = table.pack(table.unpack(arguments))
  list[list.n + 1] = { now = samples.NOW, user = "Ada" }
  return trial.twice(function()
    local ok, result = calling.plain(own, name, table.unpack(list, 1, list.n + 1))
    if not ok then return nil, tostring(result) end
    local value, problem = result, nil
    if result ~= nil then value, problem = behaviour.functions[name].check(result) end
    if problem then return nil, name .. ": " .. problem end
    return { result = value }
  end)
end

local function try_persona(own, result)
  for _, kind in ipairs(contract.names()) do
    local rule = persona_file.policy_of(own, kind)
    if rule then
      rule.defaults = rule.options
      trial.try_samples(rule, result)
    end
  end
  for _, sample in ipairs(samples.of_persona()) do
    if own.functions[sample[2]] then
      local value, message = call_hook(own, sample[2], sample[3])
      trial.note(result, "contract: " .. sample[1], value and {} or { message })
    end
  end
end

---Tries the file of a persona.
---@param found kalito.Script
---@return kalito.Trial
function M.run(found)
  local result, state = trial.new_result(found), catalog.state(found)
  trial.note(result, "it loads", state == "ok" and {} or { state })
  if state ~= "ok" then return result end
  local own, message
  if found.shipped then
    own = persona_file.load(found, trial.guarded_table(found))
  else
    own, message = persona_file.load(trial.guarded_script(found))
  end
  if not own then
    trial.note(result, "its functions can be tried", { message })
    return result
  end
  try_persona(own, result)
  if own.jail then own.jail:close() end
  return result
end

return M
