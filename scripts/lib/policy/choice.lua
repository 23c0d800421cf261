-- choice.lua: which policy of each kind is in use: chosen for this run, found in the user's folders, or shipped.
-- Part of policy.lua, which is its public face.

local script = require "kalito.script"
local config = require "kalito.config"
local loader = require "kalito.policy.loader"

local M = {}

local used = {}     -- kind -> policy in use
local given = {}    -- kind -> script or table of functions chosen for this run
local shipped = {}  -- kind -> the shipped policy, which takes over when another fails
local plain = {}    -- kind -> the same with its own options
local reported = {} -- messages about settings that were reported

local host -- kalito.policy: has `report` and `unisolated`

---@param policies table
function M.serve(policies)
  host = policies
end

local function report_once(message)
  if reported[message] then return end
  reported[message] = true
  host.report(message)
end

---Reports a policy, once however many messages it fails on.
---@param policy kalito.Policy
---@param message string
function M.report_failure(policy, message)
  if policy.reported then return end
  policy.reported = true
  local instead = policy.shipped and "its own options are"
    or (policy.persona and "the usual " or "the shipped ") .. policy.kind .. " policy is"
  host.report(message .. ": " .. instead .. " used")
end

local function with_settings(policy, problem)
  if policy and problem then report_once(problem .. ": the defaults are used") end
  return policy
end

---The shipped policy of a kind, with the user's settings: what answers when another fails.
---@param kind string
---@return kalito.Policy
function M.shipped(kind)
  shipped[kind] = shipped[kind] or loader.shipped(kind) -- what is set for another policy need not fit this one
  return shipped[kind]
end

-- Loads what is chosen or found for a kind. Returns as loader.load.
local function load_choice(kind)
  local found, message, code = given[kind], nil, nil
  if not found then found, message, code = script.find("policies/" .. kind) end
  if not found then return nil, message, code end
  if found.functions then return loader.assigned(kind, found.functions) end
  return loader.load(kind, found, host.unisolated)
end

---The policy of a kind that is in use.
---@param kind string
---@return kalito.Policy
function M.get(kind)
  if used[kind] then return used[kind] end
  local policy, message = load_choice(kind)
  if not policy then host.report(message .. ": the shipped " .. kind .. " policy is used") end
  used[kind] = with_settings(policy, message) or M.shipped(kind)
  return used[kind]
end

---The shipped policy without the user's settings: what answers when all else fails.
---@param kind string
---@return kalito.Policy
function M.plain(kind)
  plain[kind] = plain[kind] or loader.shipped(kind, true)
  return plain[kind]
end

local function close(policy)
  if policy and policy.jail then policy.jail:close() end
end

---@param kind string
---@param taken? kalito.Script|table
function M.use(kind, taken)
  close(used[kind])
  used[kind] = nil
  given[kind] = taken and (taken.source and taken or { functions = taken }) or nil
end

---Loads a policy file without taking it into use. Settings that do not fit it are an error.
---@param kind string
---@param found kalito.Script
---@return kalito.Policy? policy, string? message, string? code
function M.load(kind, found)
  local policy, problem, code = loader.load(kind, found, host.unisolated)
  if not policy then return nil, problem, code end
  if problem then
    close(policy)
    return nil, problem, "config"
  end
  return policy
end

---Reads the settings and loads the policies in use anew. One that does not load is reported, and the one that was in
---use stays. Choices of this run stay.
---@return boolean all of them were loaded
function M.reload()
  local complete = true
  config.reload()
  reported, shipped = {}, {}
  for kind, old in pairs(used) do
    local policy, problem = load_choice(kind)
    if policy and not problem then
      used[kind] = policy
      close(old)
    else
      complete = false
      close(policy)
      host.report(problem .. ": the " .. kind .. " policy stays as it was")
    end
  end
  return complete
end

return M
