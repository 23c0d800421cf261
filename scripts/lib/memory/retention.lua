-- retention.lua: applies the policy of retention: asks it about every session, and archives or deletes what it says.
-- When that fails, the shipped one does not take its place as with other policies: it might delete what the user keeps.

local kalito = package.loaded.kalito
local config = require "kalito.config"
local policy = require "kalito.policy"
local script = require "kalito.script"

local M = {}

local DAY = { m = 1 / 1440, h = 1 / 24, d = 1, w = 7 }

---"30d" as days.
---@param text string a number with m, h, d or w
---@return number?
function M.days(text)
  local n, unit = text:match "^(%d+)([mhdw])$"
  return n and tonumber(n) * DAY[unit]
end

local NOTHING <const> = ": nothing is deleted or archived"

-- The user's rule with the settings that he made, or the shipped one when he has none.
local function rule()
  local used, found = policy.get "retain", script.find "policies/retain"
  if used.shipped and found and not found.shipped then
    return nil, "the retain policy does not load" .. NOTHING, "policy"
  end
  local options, message, code = config.options("policies", "retain", used.defaults)
  if not options then return nil, message .. NOTHING, code end
  return used
end

-- The sessions that the policy does not keep, and how many it keeps.
local function decide(db, used, ctx)
  local rows, kept = {}, 0
  for session in db.session.each { scope = "all" } do
    local ok, decision, reason = policy.try(used, "decide", ctx(), session)
    if not ok then return nil, decision .. NOTHING, "policy" end
    if decision == "keep" or decision == "archive" and session.archived_at then
      kept = kept + 1
    else
      rows[#rows + 1] = { id = session.id, name = session.name, decision = decision, reason = reason,
        updated_at = session.updated_at, message_count = session.message_count }
    end
  end
  return rows, kept
end

local function carry_out(db, row, now)
  if row.decision == "delete" then return db.session.del(row.id) end
  return db.session.set { id = row.id, archived_at = now }
end

-- One session, unless somebody has used or saved it since it was looked at.
local function apply(db, used, row, ctx)
  local ok, message, code = db.begin()
  if not ok then return nil, message, code end
  local session, decided, decision
  session, message, code = db.session.get(row.id)
  ok = session ~= nil or code == "not_found"
  if session then decided, decision = policy.try(used, "decide", ctx(), session) end
  local same = decided and session.updated_at == row.updated_at and decision == row.decision
  if same then ok, message, code = carry_out(db, row, ctx().now) end
  if not ok then
    db.rollback()
    return nil, message, code
  end
  row.done = same or false
  return db.commit()
end

---Asks the policy about every session and does what it says.
---@param db kalito.Store
---@param options { days?: number, dry_run?: boolean } `days` overrides the policy's option
---@return { id: string, name: string, decision: string, reason: string, message_count: integer, done: boolean }[]? rows
---those not kept
---@return integer|string kept, string? code `policy`: it failed on a session, and nothing was done
function M.run(db, options)
  local used, problem, kind = rule()
  if not used then return nil, problem, kind end
  local override = options.days and { days = options.days }
  if override and used.options.days == nil then
    return nil, "the retain policy in use has no option `days`, so that no age can be given", "usage"
  end
  local now = db.now()
  local function ctx() return { now = now, override = override } end
  local rows, kept, failure = decide(db, used, ctx)
  if not rows then return nil, kept, failure end
  for _, row in ipairs(rows) do
    row.done = false
    if not options.dry_run then
      local ok, message, code = apply(db, used, row, ctx)
      if not ok then return nil, message, code end
    end
  end
  return kalito.json.array(rows), kept
end

return M
