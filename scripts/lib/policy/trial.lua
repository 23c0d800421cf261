-- trial.lua: whether a policy does what it should: the tests that it carries, and the contract of its kind: types,
-- ranges, the same answer to the same input, input left as it was. A policy that is not shipped runs in the jail. The
-- file of a persona is tried in persona/trial.lua, with the parts that are handed out at the end.

local kalito = package.loaded.kalito
local catalog = require "kalito.policy.catalog"
local contract = require "kalito.policy.contract"
local differences = require "kalito.policy.differences"
local loader = require "kalito.policy.loader"
local calling = require "kalito.policy.calling"
local policy = require "kalito.policy"
local samples = require "kalito.policy.samples"
local script = require "kalito.script"
local shown = require "kalito.policy.shown"

local M = {}

---@class kalito.Trial
---@field name string
---@field path? string
---@field origin string
---@field passed integer
---@field failed integer
---@field tests { name: string, ok: boolean, problems: string[] }[]

-- Wraps each function of the table `policy` so that it raises when it changes what it was given. Lua text, because for
-- a file that is not shipped it must run where the file does.
local GUARD <const> = [[
if type(policy) ~= "table" then return policy end
local function copy(v)
  if type(v) ~= "table" then return v end
  local t = {}
  for k, e in next, v do t[k] = copy(e) end
  return t
end
local function changed(a, b, at)
  if type(a) ~= "table" or type(b) ~= "table" then return a ~= b and at or nil end
  for k, e in next, a do
    local found = changed(e, b[k], at .. "." .. tostring(k))
    if found then return found end
  end
  for k in next, b do
    if a[k] == nil then return at .. "." .. tostring(k) end
  end
end
local names = {}
for name, f in next, policy do if type(f) == "function" then names[name] = f end end
for name, f in next, names do
  policy[name] = function(...)
    local given = table.pack(...)
    local before = copy(given)
    local results = table.pack(f(...))
    local at = changed(before, given, "argument")
    if at then error(name .. " changes its input: " .. at, 0) end
    return table.unpack(results, 1, results.n)
  end
end
return policy]]

local function guarded_table(found)
  return assert(load("local policy = ...\n" .. GUARD, "=guard", "t"))(script.builtin(found.name))
end

local function guarded_script(found)
  local source = "local policy = (function(...) " .. found.source .. "\nend)(...)\n" .. GUARD
  return { name = found.name, path = script.chunk_name(found), origin = found.origin, source = source }
end

-- The policy with every function guarded, or nil and why it does not load.
local function guard(kind, found)
  if found.shipped then return (loader.assigned(kind, guarded_table(found))) end
  return loader.load(kind, guarded_script(found), policy.unisolated)
end

local function context_for(rule, given)
  local ctx = { now = samples.NOW, options = {} }
  for key, value in pairs(rule.defaults) do ctx.options[key] = value end
  for key, value in pairs(given.options or {}) do
    if ctx.options[key] == nil then return nil, "option '" .. tostring(key) .. "' is none of the defaults" end
    ctx.options[key] = value
  end
  for key, value in pairs(given.ctx or {}) do ctx[key] = value end
  if rule.persona then ctx.persona = rule.name:match "[^/]+$" end
  return ctx
end

-- Calls twice. Returns what tests see of the result, or nil and what is wrong.
local function twice(once)
  local value, message = once()
  if not value then return nil, message end
  local again
  again, message = once()
  if not again then return nil, "the second time: " .. message end
  local found = differences(value, again)
  if found[1] then return nil, "not the same the second time: " .. found[1] end
  return value
end

local function call(rule, name, ctx, arguments)
  return twice(function()
    local ok, first, second = calling.run(rule, name, ctx, table.unpack(arguments))
    if not ok then return nil, first end
    return shown[name](first, second)
  end)
end

local function carried(rule, test)
  local given = type(test.given) == "table" and test.given or {}
  local ctx, message = context_for(rule, given)
  if not ctx then return { message } end
  local list = table.pack(contract.kinds[rule.kind].test(given))
  local name = table.remove(list, 1)
  if not contract.kinds[rule.kind].functions[name] then return { "given names no function: " .. tostring(name) } end
  local value
  value, message = call(rule, name, ctx, list)
  if not value then return { message } end
  return differences(test.expect, value)
end

local function note(result, name, problems)
  local ok = #problems == 0
  result[ok and "passed" or "failed"] = result[ok and "passed" or "failed"] + 1
  result.tests[#result.tests + 1] = { name = name, ok = ok, problems = kalito.json.array(problems) }
end

local function try_tests(rule, result)
  for i, test in ipairs(rule.tests or {}) do
    local ok, problems = pcall(carried, rule, test)
    note(result, type(test) == "table" and test.name or "test " .. i, ok and problems or { tostring(problems) })
  end
end

local function try_samples(rule, result)
  for _, sample in ipairs(samples.of(rule.kind)) do
    if rule.functions[sample[2]] then
      local value, message = call(rule, sample[2], context_for(rule, { ctx = sample[4] }), sample[3])
      note(result, "contract: " .. sample[1], value and {} or { message })
    end
  end
end

local function new_result(found)
  return { name = found.name, path = found.path, origin = found.shipped and "shipped" or found.origin, passed = 0,
    failed = 0, tests = kalito.json.array {} }
end

---Tries a policy.
---@param kind string
---@param found kalito.Script
---@return kalito.Trial
function M.run(kind, found)
  local result = new_result(found)
  local plain, message = loader.load(kind, found, policy.unisolated) -- the user's settings are not what is tried
  if not plain then
    note(result, "it loads", { message })
    return result
  end
  if plain.jail then plain.jail:close() end
  local rule
  rule, message = guard(kind, found)
  note(result, "it loads", rule and {} or { message })
  if not rule then return result end
  try_tests(rule, result)
  try_samples(rule, result)
  if rule.jail then rule.jail:close() end
  return result
end

---Tries a script: a policy by its tests, a persona by its contract, another one by loading it.
---@param kind? string of a policy
---@param found kalito.Script
---@return kalito.Trial
function M.try(kind, found)
  if kind and contract.kinds[kind] then return M.run(kind, found) end
  if found.name:find "^personas/" then return require("kalito.persona.trial").run(found) end
  local result, state = new_result(found), catalog.state(found)
  note(result, "it loads", state == "ok" and {} or { state })
  return result
end

M.guarded_table, M.guarded_script, M.twice = guarded_table, guarded_script, twice
M.new_result, M.note, M.try_samples = new_result, note, try_samples

return M
