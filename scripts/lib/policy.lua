-- policy.lua: the one place where policies are found, run and trusted. A shipped policy runs in the program; a
-- policy file that is not shipped runs in the jail; a function that the user assigned himself runs in the program.
-- Whatever a policy does, the caller gets a valid answer: when it fails, the failure is reported once and the
-- shipped policy answers in its place.

local kalito = package.loaded.kalito
local script = require "kalito.script"
local config = require "kalito.config"
local contract = require "kalito.contract"

local M = {}

---@class kalito.PolicyContext
---@field options table the policy's options; the same table for all calls of a run
---@field now string time, ISO-8601 UTC

---@class kalito.Policy
---@field kind string "score"
---@field name string its own name
---@field origin string where it came from
---@field path? string
---@field source string
---@field options table
---@field functions table<string, boolean>
---@field call fun(name: string, ...): any in the program: runs a function and may raise
---@field jail? userdata the worker in which it runs

local used = {}     -- kind -> policy in use
local given = {}    -- kind -> script or table of functions chosen for this run
local reported = {} -- messages that were reported

---What is told about a broken policy; replaced by the program.
---@param message string
M.report = function(message)
  io.stderr:write("kalito: ", message, "\n")
end

---May policy files run where the kernel offers no isolation? Set by --allow-unisolated.
M.unisolated = false

local function report_once(message)
  if reported[message] then return end
  reported[message] = true
  M.report(message)
end

local function check_kind(kind)
  local found = contract.kinds[kind]
  if found then return found end
  local near = kalito.nearest(tostring(kind), contract.names())
  local hint = near and " (did you mean '" .. near .. "'?)" or ""
  error("no kind of policy is called '" .. tostring(kind) .. "'" .. hint, 3)
end

-- ---- loading ----

local function in_program(kind, found, result, options)
  local functions = {}
  for name in pairs(contract.kinds[kind].functions) do functions[name] = type(result[name]) == "function" end
  return {
    kind = kind, name = result.name or kind, describe = result.describe, origin = found.origin, path = found.path,
    source = found.source, options = options, functions = functions, tests = result.tests, defaults = result.defaults,
    call = function(name, ...) return result[name](...) end,
  }
end

local function load_shipped(kind, found)
  local result = script.builtin("policies/" .. kind)
  local options, message, code = config.options("policies", kind, result.defaults or {})
  if not options then return nil, message, code end
  return in_program(kind, found, result, options)
end

local function open_jail(found, options)
  return kalito.jail.open {
    name = script.chunk_name(found), source = found.source, options = options, unisolated = M.unisolated,
  }
end

local function load_jailed(kind, found)
  local jail, message, code = open_jail(found, {})
  if not jail then return nil, message, code end
  local info = jail:info()
  local options
  options, message, code = config.options("policies", kind, info.defaults or {})
  if options and next(options) then -- the worker is told its options when it loads
    jail:close()
    jail, message, code = open_jail(found, options)
  end
  if not options or not jail then return nil, message, code end
  return {
    kind = kind, name = info.name or kind, describe = info.describe, origin = found.origin, path = found.path,
    source = found.source, options = options, functions = info.functions, tests = info.tests, defaults = info.defaults,
    jail = jail,
  }
end

local function load_script(kind, found)
  if found.shipped then return load_shipped(kind, found) end
  return load_jailed(kind, found)
end

local shipped = {} -- kind -> the shipped policy, which takes over when another fails

local function get_shipped(kind)
  if not shipped[kind] then
    local source = kalito.embedded("policies/" .. kind)
    local found = { name = "policies/" .. kind, origin = "shipped", source = source, shipped = true }
    local policy, message = load_shipped(kind, found)
    if not policy then -- the user's settings are wrong: the defaults stand
      report_once(message)
      local result = script.builtin("policies/" .. kind)
      policy = in_program(kind, found, result, result.defaults or {})
    end
    shipped[kind] = policy
  end
  return shipped[kind]
end

---The policy of a kind that is in use.
---@param kind string
---@return kalito.Policy
function M.get(kind)
  check_kind(kind)
  if used[kind] then return used[kind] end
  local found = given[kind] or script.find("policies/" .. kind)
  local policy, message
  if found and found.functions then
    policy = in_program(kind, { origin = "assigned", source = "" }, found.functions, get_shipped(kind).options)
  elseif found then
    policy, message = load_script(kind, found)
  end
  if not policy then
    if message then report_once(message .. ": the shipped " .. kind .. " policy is used") end
    policy = get_shipped(kind)
  end
  used[kind] = policy
  return policy
end

---Takes another policy for the rest of the run: a script, or a table of functions that run in the program. nil
---takes back what was chosen.
---@param kind string
---@param choice? kalito.Script|table
function M.use(kind, choice)
  check_kind(kind)
  if used[kind] and used[kind].jail then used[kind].jail:close() end
  used[kind] = nil
  given[kind] = choice and (choice.source and choice or { functions = choice }) or nil
end

---Loads a policy file without taking it into use.
---@param kind string
---@param found kalito.Script
---@return kalito.Policy? policy, string? message, string? code
function M.load(kind, found)
  check_kind(kind)
  return load_script(kind, found)
end

---Finds and loads all policies anew when they are next used. Choices of this run stay.
function M.reload()
  for kind, policy in pairs(used) do
    if policy.jail then policy.jail:close() end
    used[kind] = nil
  end
  shipped, reported = {}, {}
  config.reload()
end

-- ---- running ----

-- ctx.options is the same table in every call: policies compile their word lists once for it. The jail puts the
-- options there itself, so that they need not be sent again.
local function context_of(policy, ctx)
  ctx = ctx or {}
  ctx.options = not policy.jail and policy.options or nil
  return ctx
end

local function checked(policy, name, ok, ...)
  if not ok then return nil, tostring((...)) end
  local rule = contract.kinds[policy.kind].functions[name]
  local result, second = rule.check(...)
  if result == nil and not (rule.optional and (...) == nil) then
    local file = script.chunk_name { path = policy.path, name = "policies/" .. policy.kind }
    return nil, file .. ": " .. name .. ": " .. tostring(second)
  end
  return true, result, second
end

-- The results of the jail as pcall gives them. A failure is nil, message, code.
local function as_pcall(first, message, code)
  if first == nil and type(code) == "string" then return false, message end
  return true, first, message
end

-- The context is the last argument of every function.
local function run(policy, name, ctx, ...)
  local list = table.pack(...)
  list[list.n + 1] = context_of(policy, ctx)
  if policy.jail then
    return checked(policy, name, as_pcall(policy.jail:call(name, table.unpack(list, 1, list.n + 1))))
  end
  return checked(policy, name, pcall(policy.call, name, table.unpack(list, 1, list.n + 1)))
end

---Runs one function of a given policy; a function that it lacks is the shipped one's. Nothing takes its place when
---it fails.
---@param policy kalito.Policy
---@param name string
---@param ctx table?
---@return boolean? ok, any result, any second nil, message when it failed
function M.try(policy, name, ctx, ...)
  if not policy.functions[name] then policy = get_shipped(policy.kind) end
  return run(policy, name, ctx, ...)
end

---Runs one function of a given policy, and the shipped one when it fails.
---@param policy kalito.Policy
---@param name string
---@param ctx table? what the policy is told beside its options: now, session, budget ...
---@param ... any the arguments before ctx
---@return any result, any second the validated answer
function M.answer(policy, name, ctx, ...)
  local ok, result, second = M.try(policy, name, ctx, ...)
  if ok then return result, second end
  report_once(result .. ": the shipped " .. policy.kind .. " policy is used")
  ok, result, second = run(get_shipped(policy.kind), name, ctx, ...)
  if not ok then error(result) end
  return result, second
end

---Runs one function of the policy in use for a kind, and the shipped one when it fails.
---@param kind string
---@param name string
---@param ctx table?
---@return any result, any second
function M.call(kind, name, ctx, ...)
  return M.answer(M.get(kind), name, ctx, ...)
end

-- Many messages in one frame. What fails is left out.
local function score_jailed(policy, messages, ctx)
  local list, out = {}, {}
  for i, message in ipairs(messages) do list[i] = { message, ctx } end
  for i, row in ipairs(policy.jail:batch("score", list)) do
    local ok, score, reasons = checked(policy, "score", as_pcall(table.unpack(row, 1, row.n)))
    if ok then out[i] = { score = score, reasons = reasons } else report_once(score) end
  end
  return out
end

---Scores many messages.
---@param messages table[]
---@param ctx table
---@param policy? kalito.Policy another than the one in use
---@return { score: number, reasons: table }[]
function M.scores(messages, ctx, policy)
  policy = policy or M.get "score"
  local jailed = policy.jail and policy.functions.score
  local out = jailed and score_jailed(policy, messages, { now = ctx.now }) or {}
  for i, message in ipairs(messages) do
    if not out[i] then
      local score, reasons = M.answer(jailed and get_shipped "score" or policy, "score", ctx, message)
      out[i] = { score = score, reasons = reasons }
    end
  end
  return out
end

---What names a policy in a trace: its name and a hash of its text.
---@param kind string
---@return { name: string, hash: string, origin: string }
function M.identity(kind)
  local policy = M.get(kind)
  return { name = policy.name, hash = kalito.hash(policy.source), origin = policy.origin }
end

-- `kalito.policy.score = function(message, ctx) ... end` takes a function for this run.
return setmetatable(M, {
  __newindex = function(_, kind, value)
    local functions = check_kind(kind).functions
    if type(value) == "function" then
      local only = functions[kind] and kind or next(functions)
      value = { [only] = value }
    elseif value ~= nil and type(value) ~= "table" then
      error("a policy is a function or a table of functions, not " .. type(value), 2)
    end
    M.use(kind, value)
  end,
  __index = function(_, kind)
    return contract.kinds[kind] and M.get(kind) or nil
  end,
})
