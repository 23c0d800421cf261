-- The shipped plan of a context: how many rows of each part are candidates, which part of the budget each may
-- take, and how important a row must be. The original's plan: 10 pins, 3 summaries, the 20 newest messages. With a
-- query, recalled messages may have half of what pins and summaries leave, and all that the recent ones do not need.

local defaults = {
  pins = 10, pin_share = 0.25, pin_importance = 0,
  summaries = 3, summary_share = 0.25, summary_importance = 0,
  recalled = 60, recalled_share = 0.5, recalled_scope = "all", -- or "session"
  recalled_score = 0.15, -- what has less than this part of the best score is left out; without what sessions lend
  brevity = 0.2, -- recalled messages are taken in the order of score / tokens^brevity: short ones leave room for others
  recent = 20, recent_share = 1, recent_importance = 0,
  block = 4, -- the recent part drops its oldest so many at a time: the front stays the same, and is cached
  -- a message of nothing but these brings nothing to mind
  small_talk_words = {
    "hi", "hello", "hey", "good", "morning", "afternoon", "evening", "night", "bye", "goodbye", "thanks", "thank",
    "you", "ok", "okay", "yes", "yeah", "yep", "no", "nope", "sure", "fine", "great", "nice", "cool", "perfect",
    "awesome", "please", "sorry", "lol", "haha", "wow", "oh", "hmm", "right", "alright", "well", "go", "on",
    "continue", "got", "it", "i", "see", "how", "are", "so", "very", "much", "a", "lot", "all", "and", "that's", "it's",
    "there", "again",
  },
}

local small_talk, compiled = nil, nil

local function is_small_talk(query, options)
  if compiled ~= options then
    small_talk, compiled = kalito.text.words(options.small_talk_words), options
  end
  return #query < 80 and small_talk:count(query) >= kalito.text.scan(query).words
end

---@param ctx kalito.PolicyContext `session`, `budget` and `query` are there
---@return kalito.Plan
local function plan(ctx)
  local o = ctx.options
  local recalled = ctx.query and is_small_talk(ctx.query, o) and 0 or o.recalled
  return {
    pin = { limit = o.pins, share = o.pin_share, min_importance = o.pin_importance },
    summary = { limit = o.summaries, share = o.summary_share, min_importance = o.summary_importance },
    recalled = {
      limit = recalled, share = o.recalled_share, scope = o.recalled_scope, min_importance = o.recalled_score,
    },
    recent = { limit = o.recent, share = o.recent_share, min_importance = o.recent_importance },
    block = o.block, brevity = o.brevity,
  }
end

return {
  name = "context",
  describe = "the plan of a context: pins, summaries, recalled and recent messages, and their shares",
  defaults = defaults,
  plan = plan,
  tests = {
    {
      name = "pins, summaries and recent messages are the original's plan",
      given = {},
      expect = { pin = { limit = 10 }, summary = { limit = 3 }, recent = { limit = 20 } },
    },
    {
      name = "a question brings messages to mind",
      given = { ctx = { query = "Hi, are you there? Where did we park?" } },
      expect = { recalled = { limit = 60, share = 0.5, min_importance = 0.15 } },
    },
    {
      name = "small talk does not",
      given = { ctx = { query = "OK, that's great. Thank you so much!" } },
      expect = { recalled = { limit = 0 } },
    },
    {
      name = "which words are small talk is an option",
      given = { ctx = { query = "Na gut, danke!" }, options = { small_talk_words = { "na", "gut", "danke" } } },
      expect = { recalled = { limit = 0 } },
    },
  },
}
