-- The shipped scoring rule; long, because its word lists and tests are. It says how much a message matters, from
-- its role and from what is in it. A question or code raises a message of the user; a solution or an explanation
-- raises one of the assistant. Everything is recognised by whole words and by structure, never by substrings; the
-- numbers and the English word lists are options. A pure function of the message and the options.

local text = kalito.text
local floor = math.floor

local defaults = {
  -- where a role begins, and what is added to it
  user = 0.6, question = 0.2, code = 0.1,
  assistant = 0.5, solution = 0.3, explanation = 0.2,
  system = 0.5, tool = 0.5,

  -- what events add to the importance that a message has
  pinned = 0.2, unpinned = -0.2, summarised = -0.1, edited = 0.1, retried = -0.1, rated_up = 0.2, rated_down = -0.3,

  steps = 2,     -- so many numbered items are a solution
  shortest = 16, -- an answer of fewer bytes neither solves nor explains anything

  -- a sentence that begins so is a question, with or without a question mark
  question_starts = {
    "what is", "what are", "what was", "what were", "what do", "what does", "what did", "what can", "what should",
    "what would", "what if", "what about", "what kind", "what time", "what's", "whats", "how do", "how does",
    "how did", "how can", "how could", "how should", "how would", "how to", "how is", "how are", "how about",
    "how come", "how long", "how many", "how much", "how often", "how far", "how's", "hows", "why is", "why are",
    "why was", "why do", "why does", "why did", "why can't", "why would", "why should", "why not", "why won't",
    "why don't", "why doesn't", "why isn't", "when is", "when are", "when was", "when do", "when does",
    "when did", "when should", "when can", "where is", "where are", "where was", "where do", "where does",
    "where did", "where can", "where should", "where's", "wheres", "who is", "who are", "who was", "who can",
    "who did", "who should", "who's", "whose is", "which one", "which of", "which do", "which should", "can i",
    "can we", "can you", "could i", "could we", "could you", "should i", "should we", "would it", "would you",
    "will it", "will you", "is it", "is there", "is this", "is that", "are there", "are you", "are we", "do i",
    "do you", "do we", "does it", "does this", "does anyone", "did you", "did i", "did we", "have you",
    "any idea", "any ideas", "tell me how", "tell me what", "tell me why", "tell me about", "show me how",
    "explain how", "explain why", "explain what", "help me understand",
  },

  -- besides code blocks, code spans and identifiers
  code_words = {
    "source code", "stack trace", "stacktrace", "traceback", "segfault", "segmentation fault", "null pointer",
    "nullpointerexception", "syntax error", "compile error", "compiler error", "type error", "typeerror",
    "valueerror", "keyerror", "undefined reference", "unit test", "unit tests", "pull request", "regex",
    "regular expression", "sql query", "api endpoint", "git commit", "git push", "git rebase", "npm install",
    "pip install", "apt install", "off-by-one", "race condition", "memory leak", "infinite loop", "for loop",
    "while loop", "return value",
  },

  solution_words = {
    "the fix is", "the fix was", "to fix this", "to fix it", "to fix the", "this fixes", "that fixes",
    "should fix", "will fix", "you can fix", "fixed by", "the solution is", "the solution was", "one solution is",
    "a solution is", "solved by", "to solve this", "to solve it", "to solve the", "this solves", "that solves",
    "solves the problem", "solves your problem", "resolved by", "to resolve this", "to resolve it",
    "to resolve the", "this resolves", "the answer is", "the workaround is", "as a workaround", "a workaround is",
    "the trick is to", "the problem is that", "the problem was", "the issue is that", "the issue was",
    "the cause is", "the cause was", "the culprit is", "the culprit was", "here's how", "here is how",
    "here's a fix", "here is a fix", "here's the fix", "here is the fix", "here's a solution",
    "here is a solution", "here's the corrected", "here is the corrected", "here's a working",
    "here is a working", "follow these steps", "these steps", "the following steps", "try the following",
    "step 1", "first step", "what you need to do is", "all you need to do", "you need to change",
    "replace it with", "i recommend", "i'd recommend", "i suggest", "i'd suggest", "my recommendation",
    "my advice",
  },

  explanation_words = {
    "because", "therefore", "thus", "hence", "consequently", "as a result", "for this reason", "that is why",
    "that's why", "this is why", "which is why", "the reason is", "the reason for", "the reason why",
    "the reason that", "this means", "that means", "which means", "meaning that", "in other words",
    "to put it simply", "put simply", "in short", "for example", "for instance", "e.g", "i.e",
    "this happens when", "that happens when", "happens because", "due to the", "due to a", "caused by",
    "is called", "refers to", "works by", "works like this", "the idea is", "the difference is",
    "the difference between", "to understand", "to explain", "think of it as", "compared to", "as opposed to",
    "in contrast", "it turns out that", "so that", "in order to", "provided that", "as long as",
  },
}

local counts = {} -- reused by text.scan
local sets, compiled = nil, nil

-- The compiled word lists of an option table, made once for it.
local function sets_of(options)
  if compiled ~= options then
    sets = {
      question = text.words(options.question_starts), code = text.words(options.code_words),
      solution = text.words(options.solution_words), explanation = text.words(options.explanation_words),
    }
    compiled = options
  end
  return sets
end

-- The number that the reasons add up to, in thousandths and within 0..1. What the limit takes is a reason too.
local function sum(reasons)
  local total = 0
  for i = 1, #reasons do total = total + reasons[i][2] end
  if total < 0 or total > 1 then
    local limit = total < 0 and 0 or 1
    reasons[#reasons + 1] = { "limit", limit - total }
    return limit, reasons
  end
  return floor(total * 1000 + 0.5) / 1000, reasons
end

local function user(body, options, reasons)
  local words = sets_of(options)
  local found = text.scan(body, counts)
  if found.questions > 0 or words.question:lead(body, 1) > 0 then
    reasons[#reasons + 1] = { "question", options.question }
  end
  if found.code_blocks + found.code_spans + found.identifiers > 0 or words.code:count(body, 1) > 0 then
    reasons[#reasons + 1] = { "code", options.code }
  end
end

-- Only texts of several lines are worth a scan for blocks and steps.
local function has_structure(body, options)
  if not body:find("\n", 1, true) then return false end
  local found = text.scan(body, counts)
  return found.code_blocks > 0 or found.numbered_items >= options.steps
end

local function assistant(body, options, reasons)
  if #body < options.shortest then return end
  local words = sets_of(options)
  if words.solution:count(body, 1) > 0 or has_structure(body, options) then
    reasons[#reasons + 1] = { "solution", options.solution }
  end
  if words.explanation:count(body, 1) > 0 then
    reasons[#reasons + 1] = { "explanation", options.explanation }
  end
end

local additions = { user = user, assistant = assistant }

local function score(message, ctx)
  local options = ctx.options
  local role = options[message.role] and message.role or "user" -- another program may have stored any word
  local reasons = { { role, options[role] } }
  local add = additions[role]
  if add then add(message.text, options, reasons) end
  return sum(reasons)
end

local events = {
  pinned = true, unpinned = true, summarised = true, edited = true, retried = true, rated_up = true, rated_down = true,
}

-- An event moves the importance that the message has; one that the rule does not know moves nothing.
local function update(message, event, ctx)
  local before = message.importance_score or score(message, ctx)
  local reasons = { { "before", before } }
  if events[event] then reasons[2] = { event, ctx.options[event] } end
  return sum(reasons)
end

-- A carried test: `expect` has the number and the names of the reasons.
local function test(name, role, body, number, ...)
  return { name = name, given = { message = { role = role, text = body } },
    expect = { score = number, reasons = { role, ... } } }
end

local function event_test(name, event, before, number, ...)
  local message = { role = "user", text = "Hello", importance_score = before }
  return { name = name, given = { event = event, message = message },
    expect = { score = number, reasons = { "before", ... } } }
end

local tests = {
  test("a plain statement of the user", "user", "We moved in last week.", 0.6),
  test("an empty text", "user", "", 0.6),
  test("a question", "user", "Where did we park?", 0.8, "question"),
  test("a question in the middle of a message", "user", "Did you call? I was out all day.", 0.8, "question"),
  test("a question without its mark", "user", "how do I get to the station", 0.8, "question"),
  test("a question without its mark on a later line", "user", "hello again\nwhat's the name of that place",
    0.8, "question"),
  test("a question in a list", "user", "- is it open on sunday\n- bring cash", 0.8, "question"),
  test("a question mark in another script", "user", "駅はどこですか？", 0.8, "question"),
  test("an exclamation is no question", "user", "What a day! How nice of them!", 0.6),
  test("a relative clause is no question", "user", "When I was young, what I liked was the sea.", 0.6),
  test("a question mark in a URL is no question", "user", "I read https://example.com/list?page=2 today.", 0.6),
  test("a question mark in a code block is code, no question", "user", "Mine is\n```c\nx = a ? b : c;\n```",
    0.7, "code"),
  test("a question about code", "user", "Why does `open` return nil?", 0.9, "question", "code"),
  test("a name from a program", "user", "The parse_header test is red again.", 0.7, "code"),
  test("a call", "user", "It stops in io.write(line) every time.", 0.7, "code"),
  test("a code word", "user", "I get a stack trace at start.", 0.7, "code"),
  test("a code of conduct is no code", "user", "The club has a code of conduct now.", 0.6),
  test("a classy function hall is no code", "user", "The class had a classy party in the function hall.", 0.6),
  test("a brand name is no identifier", "user", "I sold my iPhone on eBay.", 0.6),
  test("a plain answer", "assistant", "Noted, thank you for telling me.", 0.5),
  test("a solution", "assistant", "The fix is to raise the limit.", 0.8, "solution"),
  test("an explanation", "assistant", "It rusts because the paint is gone.", 0.7, "explanation"),
  test("a solution with its explanation", "assistant", "To fix this, close the file first, because it is locked.",
    1, "solution", "explanation"),
  test("steps are a solution", "assistant", "Sure:\n1. Turn it off.\n2. Wait.\n3. Turn it on.", 0.8, "solution"),
  test("a code block is a solution", "assistant", "Sure:\n```\nprint(1)\n```", 0.8, "solution"),
  test("bullets alone are no solution", "assistant", "For the party:\n- bread\n- cheese\n- wine", 0.5),
  test("praise for a solution is none", "assistant", "What a clever solution, I am glad that it is resolved!", 0.5),
  test("a phrase across a line break", "assistant", "I looked into it, and the\nfix is a new cable.", 0.8, "solution"),
  test("an answer too short to explain", "assistant", "Just because.", 0.5),
  test("a question of the assistant adds nothing", "assistant", "Do you have to live there?", 0.5),
  test("a system message has no additions", "system", "How do I write code? Because.", 0.5),
  test("a tool message has no additions", "tool", "Traceback: the fix is `x`", 0.5),
  { name = "numbers are options",
    given = { message = { role = "user", text = "Why not?" }, options = { user = 0.9, question = 0.5 } },
    expect = { score = 1, reasons = { "user", "question", "limit" } } },
  { name = "word lists are options",
    given = { message = { role = "assistant", text = "Das Rad ist locker, weil die Mutter fehlt." },
      options = { explanation_words = { "weil", "deshalb" } } },
    expect = { score = 0.7, reasons = { "assistant", "explanation" } } },
  event_test("a pin raises", "pinned", 0.6, 0.8, "pinned"),
  event_test("an unpin takes that back", "unpinned", 0.8, 0.6, "unpinned"),
  event_test("a summary lowers", "summarised", 0.6, 0.5, "summarised"),
  event_test("an edit raises", "edited", 0.6, 0.7, "edited"),
  event_test("a retry lowers", "retried", 0.5, 0.4, "retried"),
  event_test("a good rating stops at 1", "rated_up", 0.9, 1, "rated_up", "limit"),
  event_test("a bad rating stops at 0", "rated_down", 0.2, 0, "rated_down", "limit"),
  event_test("an unknown event moves nothing", "sneezed", 0.6, 0.6),
}

return {
  name = "score",
  describe = "importance from the role, questions, code, solutions and explanations",
  defaults = defaults,
  score = score,
  update = update,
  tests = tests,
}
