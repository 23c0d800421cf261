-- calling.lua: runs one function of a policy, in the program or in the jail, and validates what it answers. A policy
-- that fails is not replaced here.

local script = require "kalito.script"
local contract = require "kalito.policy.contract"
local loader = require "kalito.policy.loader"

local M = {}

local function checked(policy, name, ok, ...)
  if not ok then return nil, tostring((...)) end
  local rule = contract.kinds[policy.kind].functions[name]
  local sound, result, second = pcall(rule.check, ...)
  if sound and (result ~= nil or rule.optional and (...) == nil) then return true, result, second end
  local place = policy.origin == "assigned" and "the assigned " .. policy.kind .. " policy"
    or script.chunk_name { path = policy.path, name = policy.script or "policies/" .. policy.kind } .. ":"
      .. loader.line_of(policy.source, name)
  return nil, place .. ": " .. name .. ": " .. tostring(sound and second or result)
end

-- The results of the jail as pcall gives them. A failure is nil, message, code.
local function as_pcall(first, message, code)
  if first == nil and type(code) == "string" then return false, message end
  return true, first, message
end

-- What cannot be passed, and a jail that was closed meanwhile, raise.
local function jailed(ok, first, ...)
  if not ok then return false, first end
  return as_pcall(first, ...)
end

---Runs one function of a file, in the program or in the jail; nothing of what it answers is validated.
---@param file { jail: userdata?, call: function? }
---@param name string
---@return boolean ok, any result, any second false, message when it failed
function M.plain(file, name, ...)
  if file.jail then return jailed(pcall(file.jail.call, file.jail, name, ...)) end
  return pcall(file.call, name, ...)
end

---What the jail has answered for a function, validated.
---@param policy kalito.Policy
---@param name string
---@return boolean? ok, any result, any second nil, message when it failed
function M.checked_jail(policy, name, ...)
  return checked(policy, name, as_pcall(...))
end

---Runs one function of a policy with the context as it is, the last argument of every function.
---@param policy kalito.Policy
---@param name string
---@param ctx table with `options`, which the jail also adds itself
---@return boolean? ok, any result, any second nil, message when it failed
function M.run(policy, name, ctx, ...)
  local list = table.pack(...)
  list[list.n + 1] = ctx
  return checked(policy, name, M.plain(policy, name, table.unpack(list, 1, list.n + 1)))
end

---The context with the policy's options, some of them overridden by the caller's.
-- ctx.options is the same table in every call: policies compile their word lists once for it. A jail has the options
-- of its policy, and they need not be sent again. A persona's file decides in the place of several policies, so that it
-- is sent those of the one that is asked.
---@param policy kalito.Policy
---@param ctx table?
---@return table ctx
function M.context(policy, ctx)
  ctx = ctx or {}
  if not ctx.override then
    ctx.options = (policy.persona or not policy.jail) and policy.options or nil
    return ctx
  end
  local own, options = {}, {}
  for key, value in pairs(ctx) do own[key] = value end
  for key, value in pairs(policy.options) do
    local other = ctx.override[key]
    if other == nil then options[key] = value else options[key] = other end
  end
  own.options, own.override = options, nil
  return own
end

return M
