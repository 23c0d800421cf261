-- study.lua: kalito.try and kalito.explain: looking at what a rule or a context does, without changing anything.

local kalito = package.loaded.kalito
local contract = require "kalito.policy.contract"
local persona_file = require "kalito.persona.file"
local policy = require "kalito.policy"
local report = require "kalito.terminal.report"
local rescore = require "kalito.memory.rescore"
local resolve = require "kalito.resolve"

local M = {}

local function printed(value, show)
  return setmetatable(value, { __tostring = show })
end

local check_score = contract.kinds.score.functions.score.check

-- A function as a policy that runs in the program. What it does wrong is noted: nothing may answer in its place.
local function rule_of(score, failures)
  local function answer(ok, ...)
    local message = not ok and tostring((...)) or select(2, check_score(...))
    if not ok or check_score(...) == nil then failures[#failures + 1] = message end
    return ...
  end
  return {
    kind = "score", name = "tried", origin = "assigned", source = "", options = policy.get("score").options,
    functions = { score = true }, call = function(_, ...) return answer(pcall(score, ...)) end,
  }
end

local known = { score = "function", session = "string", against = true, db = true }

local function check(options)
  for key in pairs(options) do
    if not known[key] then
      local near = kalito.nearest(tostring(key), { "score", "session", "against", "db" })
      error("try: unknown key '" .. tostring(key) .. "'" .. (near and " (did you mean '" .. near .. "'?)" or ""), 3)
    end
  end
  for _, key in ipairs { "score", "session" } do
    if type(options[key]) ~= known[key] then
      error(("try: '%s' must be a %s, not %s"):format(key, known[key], type(options[key])), 3)
    end
  end
end

---@param options kalito.TryOptions
---@return kalito.TryResult? result, string? message, string? code
function M.try(options)
  check(options)
  local db = options.db or rawget(_G, "db")
  if not db then error("try: no database: give it as `db`", 2) end
  local session, message, code = resolve.session(db, options.session)
  if not session then return nil, message, code end
  local failures, against = {}, options.against
  if against == nil then against = policy.get("score", persona_file.answering(db, session.id)) end
  if type(against) == "function" then against = rule_of(against, failures) end
  local result
  result, message, code = rescore.run(db, session.id, rule_of(options.score, failures), {
    dry_run = true, against = against ~= "stored" and against or nil,
  })
  if not result then return nil, message, code end
  if failures[1] then return nil, failures[1], "policy" end
  return printed(result, report.comparison)
end

---@param context kalito.Context
---@param id string|integer
---@return kalito.Item? item, string? message, string? code
function M.explain(context, id)
  local items = type(context) == "table" and context.items
  if type(items) ~= "table" then error("explain: the first argument must be a context", 2) end
  local wanted, found = tostring(id), nil
  for _, item in ipairs(items) do
    local same = item.id == wanted or item.part == wanted
    local begins = #wanted >= 3 and item.id and item.id:sub(1, #wanted) == wanted
    if same or begins and not found then found = item end
    if same then break end
  end
  if not found then return nil, "no candidate of this context is called '" .. wanted .. "'", "not_found" end
  local copy = {}
  for key, value in pairs(found) do copy[key] = value end
  return printed(copy, report.item)
end

return M
