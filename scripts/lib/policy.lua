-- policy.lua: the one place where policies are run and trusted. A shipped policy runs in the program; a
-- policy file that is not shipped runs in the jail; a function that the user assigned himself runs in the program.
-- Whatever a policy does, the caller gets a valid answer: when it fails, the failure is reported once and the
-- shipped policy answers in its place.

local kalito = package.loaded.kalito
local contract = require "kalito.policy.contract"
local calling = require "kalito.policy.calling"
local choice = require "kalito.policy.choice"

local M = {}

---@class kalito.PolicyContext
---@field options table the policy's options; the same table for all calls of a run
---@field override? table the caller's own values of some options, for this call
---@field now string time, ISO-8601 UTC
---@field persona? string name of the session's persona, whose file may decide in the policy's place

---What is told about a broken policy; replaced by the program.
---@param message string
M.report = function(message)
  io.stderr:write("kalito: ", message, "\n")
end

---May policy files run where the kernel offers no isolation? Set by --allow-unisolated.
M.unisolated = false

choice.serve(M)

local function check_kind(kind)
  local found = contract.kinds[kind]
  if found then return found end
  local near = kalito.nearest(tostring(kind), contract.names())
  local hint = near and " (did you mean '" .. near .. "'?)" or ""
  error("no kind of policy is called '" .. tostring(kind) .. "'" .. hint, 3)
end

---The policy of a kind that is in use; for a persona, what its file has of the kind.
---@param kind string
---@param persona? string name of a session's persona
---@return kalito.Policy
function M.get(kind, persona)
  check_kind(kind)
  return persona and require("kalito.persona.file").policy(kind, persona) or choice.get(kind)
end

---The shipped policy of a kind with the user's settings, whatever is in use.
---@param kind string
---@return kalito.Policy
function M.shipped(kind)
  check_kind(kind)
  return choice.shipped(kind)
end

---Takes another policy for the rest of the run: a script, or a table of functions that run in the program. nil
---takes back what was chosen.
---@param kind string
---@param taken? kalito.Script|table
function M.use(kind, taken)
  check_kind(kind)
  choice.use(kind, taken)
end

---Loads a policy file without taking it into use. Settings that do not fit it are an error.
---@param kind string
---@param found kalito.Script
---@return kalito.Policy? policy, string? message, string? code
function M.load(kind, found)
  check_kind(kind)
  return choice.load(kind, found)
end

---Reads the settings and loads the policies in use anew. One that does not load is reported, and the one that was in
---use stays. Choices of this run stay.
---@return boolean all of them were loaded
function M.reload()
  require("kalito.persona.file").reload()
  return choice.reload()
end

---Runs one function of a given policy; a function that it lacks is the shipped one's, that a persona lacks the usual
---one's. Nothing takes its place when it fails.
---@param policy kalito.Policy
---@param name string
---@param ctx table?
---@return boolean? ok, any result, any second nil, message when it failed
function M.try(policy, name, ctx, ...)
  if not policy.functions[name] and policy.persona then policy = choice.get(policy.kind) end
  if not policy.functions[name] then policy = choice.shipped(policy.kind) end
  return calling.run(policy, name, calling.context(policy, ctx), ...)
end

---Runs one function of a given policy. When a persona's fails, the usual one answers; when that fails, the shipped one,
---and when that cannot cope with the user's options, it answers with its own.
---@param policy kalito.Policy
---@param name string
---@param ctx table? what the policy is told beside its options: now, session, budget ...
---@param ... any the arguments before ctx
---@return any result, any second the validated answer
function M.answer(policy, name, ctx, ...)
  local ok, result, second = M.try(policy, name, ctx, ...)
  if ok then return result, second end
  choice.report_failure(policy, result)
  if policy.persona then return M.answer(choice.get(policy.kind), name, ctx, ...) end
  if not policy.shipped then
    ok, result, second = M.try(choice.shipped(policy.kind), name, ctx, ...)
    if ok then return result, second end
    choice.report_failure(choice.shipped(policy.kind), result)
  end
  ok, result, second = M.try(choice.plain(policy.kind), name, ctx, ...)
  if not ok then error(result) end
  return result, second
end

---Runs one function of the policy in use for a kind, and the shipped one when it fails.
---@param kind string
---@param name string
---@param ctx table? with `persona`, its name, that persona's own function goes first
---@return any result, any second
function M.call(kind, name, ctx, ...)
  return M.answer(M.get(kind, ctx and ctx.persona), name, ctx, ...)
end

-- Many messages in one frame. What fails is left out.
local function score_jailed(policy, messages, ctx)
  local list, out = {}, {}
  ctx = calling.context(policy, ctx)
  for i, message in ipairs(messages) do list[i] = { message, ctx } end
  for i, row in ipairs(policy.jail:batch("score", list)) do
    local ok, score, reasons = calling.checked_jail(policy, "score", table.unpack(row, 1, row.n))
    if ok then out[i] = { score = score, reasons = reasons } else choice.report_failure(policy, score) end
  end
  return out
end

---Scores many messages.
---@param messages table[]
---@param ctx table
---@param policy? kalito.Policy another than the one in use
---@return { score: number, reasons: table }[]
function M.scores(messages, ctx, policy)
  policy = policy or M.get("score", ctx.persona)
  local jailed = policy.jail and policy.functions.score
  local told = { now = ctx.now, session = ctx.session, persona = ctx.persona }
  local out = jailed and score_jailed(policy, messages, told) or {}
  local instead = not jailed and policy or policy.persona and choice.get "score" or choice.shipped "score"
  for i, message in ipairs(messages) do
    if not out[i] then
      local score, reasons = M.answer(instead, "score", ctx, message)
      out[i] = { score = score, reasons = reasons }
    end
  end
  return out
end

---What names a policy in a trace: its name and a hash of its text.
---@param kind string
---@param persona? string name of a session's persona
---@return { name: string, hash: string, origin: string }
function M.identity(kind, persona)
  local policy = M.get(kind, persona)
  policy.hash = policy.hash or kalito.hash(policy.source)
  return { name = policy.name, hash = policy.hash, origin = policy.origin }
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
