-- The shipped rule of retention: what becomes of a session that nobody uses. What was saved stays, unless
-- `archive_days` says after which time it leaves the lists; what is temporary is deleted after `days`. A pure
-- function of the session's row, the time and the options.

local floor = math.floor

local defaults = {
  days = 30,        -- a temporary session unused for so long is deleted; below 0: never
  archive_days = 0, -- a saved session unused for so long is archived; 0: never
}

-- Days since 1 March of year 0 in the Gregorian calendar: months count from March, so that a leap day ends the year.
local function day_number(year, month, day)
  if month < 3 then year, month = year - 1, month + 12 end
  return 365 * year + year // 4 - year // 100 + year // 400 + (153 * (month - 3) + 2) // 5 + day
end

-- A time of the store (2025-03-01T09:30:00.000Z) as days, or nil.
local function days_of(time)
  local y, mo, d, h, mi, s = tostring(time):match "^(%d%d%d%d)-(%d%d)-(%d%d)[T ](%d%d):(%d%d):(%d%d%.?%d*)"
  if not y then return nil end
  return day_number(tonumber(y), tonumber(mo), tonumber(d)) + (h * 3600 + mi * 60 + s) / 86400
end

local function unused_for(session, now)
  local used, today = days_of(session.updated_at or session.created_at), days_of(now)
  return used and today and today - used or 0 -- without a time nothing is known to be old
end

local function words(days)
  local n, unit = floor(days), "day"
  if n < 1 then n, unit = floor(days * 24), "hour" end
  return ("%d %s%s"):format(n, unit, n == 1 and "" or "s")
end

---@param session table a row of db.session
---@param ctx kalito.PolicyContext
---@return "keep"|"archive"|"delete" decision, string reason
local function decide(session, ctx)
  local age, options = unused_for(session, ctx.now), ctx.options
  if session.saved then
    if session.archived_at then return "keep", "saved and archived already" end
    if options.archive_days <= 0 then return "keep", "saved" end
    if age < options.archive_days then return "keep", "saved, used " .. words(age) .. " ago" end
    return "archive", "saved, but not used for " .. words(age)
  end
  if options.days < 0 then return "keep", "temporary sessions are kept" end
  if age < options.days then return "keep", "temporary, used " .. words(age) .. " ago" end
  return "delete", "temporary, and not used for " .. words(age)
end

local now = "2025-03-31T12:00:00.000Z"

local function test(name, session, decision, reason, options)
  return { name = name, given = { session = session, ctx = { now = now }, options = options },
    expect = { decision = decision, reason = reason } }
end

local tests = {
  test("a saved session stays however old it is", { saved = true, updated_at = "2019-01-01T00:00:00.000Z" }, "keep",
    "saved"),
  test("a temporary session that is in use stays", { saved = false, updated_at = "2025-03-30T12:00:00.000Z" }, "keep",
    "temporary, used 1 day ago"),
  test("a temporary session goes after thirty days", { saved = false, updated_at = "2025-03-01T12:00:00.000Z" },
    "delete", "temporary, and not used for 30 days"),
  test("not a moment earlier", { saved = false, updated_at = "2025-03-01T12:00:01.000Z" }, "keep"),
  test("a leap day is a day", { saved = false, updated_at = "2024-02-28T12:00:00.000Z" }, "keep", nil, { days = 398 }),
  test("days are an option", { saved = false, updated_at = "2025-03-24T11:00:00.000Z" }, "delete", nil, { days = 7 }),
  test("hours are parts of a day", { saved = false, updated_at = "2025-03-31T06:00:00.000Z" }, "delete",
    "temporary, and not used for 6 hours", { days = 0.25 }),
  test("below zero: never", { saved = false, updated_at = "2019-01-01T00:00:00.000Z" }, "keep", nil, { days = -1 }),
  test("zero: at once", { saved = false, updated_at = now }, "delete", nil, { days = 0 }),
  test("saved ones are archived when asked for", { saved = true, updated_at = "2024-03-31T12:00:00.000Z" }, "archive",
    "saved, but not used for 365 days", { archive_days = 180 }),
  test("an archived one is left alone",
    { saved = true, updated_at = "2024-03-31T12:00:00.000Z", archived_at = "2024-12-01T00:00:00.000Z" }, "keep",
    "saved and archived already", { archive_days = 180 }),
  test("without a time nothing is old", { saved = false }, "keep"),
  test("a time from tomorrow is not old", { saved = false, updated_at = "2025-04-02T00:00:00.000Z" }, "keep"),
}

return {
  name = "retain",
  describe = "keeps what was saved, deletes temporary sessions that nobody uses",
  defaults = defaults,
  decide = decide,
  tests = tests,
}
