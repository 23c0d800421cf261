-- The shipped plan of a context: how many rows of each part are candidates, which part of the budget each may
-- take, and how important a row must be. The original's plan: 10 pins, 3 summaries, the 20 newest messages; with a
-- query, 10 recalled ones. The recent messages take what the others leave.

local defaults = {
  pins = 10, pin_share = 0.25, pin_importance = 0,
  summaries = 3, summary_share = 0.25, summary_importance = 0,
  recalled = 10, recalled_share = 0.3, recalled_scope = "all", -- or "session"
  recent = 20, recent_share = 1, recent_importance = 0,
  block = 4, -- the recent part drops its oldest so many at a time: the front stays the same, and is cached
}

---@param ctx kalito.PolicyContext `session` and `budget` are there
---@return kalito.Plan
local function plan(ctx)
  local o = ctx.options
  return {
    pin = { limit = o.pins, share = o.pin_share, min_importance = o.pin_importance },
    summary = { limit = o.summaries, share = o.summary_share, min_importance = o.summary_importance },
    recalled = { limit = o.recalled, share = o.recalled_share, scope = o.recalled_scope },
    recent = { limit = o.recent, share = o.recent_share, min_importance = o.recent_importance },
    block = o.block,
  }
end

return {
  name = "context",
  describe = "the plan of a context: pins, summaries, recalled and recent messages, and their shares",
  defaults = defaults,
  plan = plan,
  tests = {
    {
      name = "the default is the original's plan",
      given = {},
      expect = { pin = { limit = 10 }, summary = { limit = 3 }, recent = { limit = 20 } },
    },
  },
}
