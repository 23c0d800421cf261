-- The shipped rule of automatic pins; long, because its tests are. It says which sentences of a message are worth
-- keeping in sight: what the user asks to remember, standing wishes, decisions, facts with names, dates and codes, and
-- code that is to be kept. Every sentence collects evidence from its words and its shape; few reach the threshold, and
-- small talk loses what it collects. A pure function of the message, what is pinned, what was shown, and the options.
-- English in full; of other languages the plainest words.

local text = kalito.text

local defaults = {
  threshold = 1,    -- evidence that a sentence needs
  importance = 0.7, -- of an automatic pin
  near = 0.6,       -- so alike (kalito.text.similar) is the same pin again
  per_hundred = 3,  -- pins that 100 messages may get, beside what the user asks for; at least so many in a session
  shortest = 4, longest = 60, -- words of a sentence that can stand alone; "I'm lactose intolerant." can, too
  room = 320,       -- bytes of a pin; code may take `code_room`
  code_room = 1500,
  pasted = 1500,    -- a message of more bytes is a document, and only what the user asks for is taken from it

  -- what evidence counts
  asked = 1, label = 1, wish = 1, body = 0.85, decision = 0.85, person = 0.85, profile = 0.85, habit = 0.85,
  standing = 1, key = 0.7, taste = 0.7, setup = 0.6, choice = 0.55, matter = 0.4, change = 0.4, routine = 0.4,
  value = 0.3, date = 0.3, name = 0.15, number = 0.15, own = 0.15,
  -- and what speaks against a pin
  chatter = -0.6, task = -0.6, doubt = -0.6, passing = -0.4, exclaimed = -0.3, addressed = -0.3, story = -0.4,
  pointing = -0.4,
}

-- The word lists are options, too: `asked_words` and so on. They hold all of these languages at once: another one is
-- another file in words/, and its name here.
local LANGUAGES <const> = { "english", "french", "german", "spanish" }

for _, language in ipairs(LANGUAGES) do
  for name, list in pairs(kalito.script.builtin("words/pin_" .. language)) do
    defaults[name] = table.move(list, 1, #list, #(defaults[name] or {}) + 1, defaults[name] or {})
  end
end

local sets, compiled = nil, nil
local counts = {} -- reused by text.scan

-- The compiled word lists of an option table, made once for it: `asked_words` becomes `asked`.
local function sets_of(options)
  if compiled == options then return sets end
  sets = {}
  for key, value in pairs(options) do
    local name = key:match "^(.*)_words$" or key:match "^.*_starts$"
    if name then sets[name] = text.words(value) end
  end
  compiled = options
  return sets
end

-- "always give" is a wish where it begins a clause, not in "they always give".
local function is_wish(sentence, words)
  if words.own_wish:count(sentence, 1) > 0 then return true end
  if sentence:lower():find "%f[%a]i like [^,;]- better%f[%A]" then return true end
  local word, at = words.wish:find(sentence)
  if not word then return false end
  local before = sentence:sub(1, at - 1):lower()
  local last = before:match "(%a+)%s*$"
  return words.scope:count(word, 1) > 0 and words.own:count(sentence, 1) > 0 or last == nil
    or words.before_wish:count(last, 1) > 0
end

-- "Keep it short, whenever you can": an order at the beginning of a clause, and words that make it last.
local function is_standing(sentence, words)
  if words.scope:count(sentence, 1) == 0 then return false end
  for clause in sentence:gmatch "[^,;:]+" do
    local rest = clause:match "^%s*(.*)"
    local first, after = rest:match "^(%a+)%s+(.*)"
    while first and words.before_order:count(first, 1) > 0 do
      rest = after
      first, after = rest:match "^(%a+)%s+(.*)"
    end
    if select(2, words.order:find(rest)) == 1 then return true end
  end
  return false
end

-- "Decision: ...", "OK, changed: ..."
local function is_labelled(sentence, words)
  local label = sentence:match "^([^:]+):%s*%S"
  return label and #label <= 40 and select(2, label:gsub("%S+", "")) <= 4 and words.label:count(label, 1) > 0
end

-- What stands between a relation and a name: of ours ("my"), and of what we speak of ourselves ("I have a").
local direct = { "^,?%s+%u%l+", "^'s name is%s+%u", "^s?'?%s+names are%s+%u" }
local naming = { "^[:,]%s+%u%l+%s+and%s+%u", "^:%s+%u", "^%s+is called%s+%u", "^%s+are called%s+%u",
  "^,?%s+called%s+%u", "^,?%s+named%s+%u" }

local function any(rest, patterns)
  for _, pattern in ipairs(patterns) do
    if rest:find(pattern) then return true end
  end
  return false
end

-- "my mother Ingrid", "our two dogs, Rex and Bella", "we adopted a cat named Pixel", "call me Nora"
local function is_person(sentence, words)
  if words.person:count(sentence, 1) > 0 or sentence:find "%f[%a][Cc]all me %u%l+" then return true end
  local word, at = words.relation:find(sentence)
  while word do
    local before, rest = sentence:sub(1, at - 1), sentence:sub(at + #word)
    if before:lower():find "%f[%a][mo][yu]r?%f[%A][%a%s%-]*$" and any(rest, direct) then return true end
    if words.own:count(before, 1) > 0 and any(rest, naming) then return true end
    word, at = words.relation:find(sentence, at + #word)
  end
  return false
end

-- "the rent is 950 euros", "wifi: tulip-88", a path: a value behind its name
local function has_value(sentence)
  for _, pattern in ipairs { "%f[%a]is%f[%A]([^,;]+)", "%f[%a]are%f[%A]([^,;]+)" } do
    for rest in sentence:gmatch(pattern) do
      if rest:sub(1, 18):find "%d" then return true end
    end
  end
  return sentence:find "%a[=:]%s*[^%s%d]*%d" ~= nil or sentence:find "%f[%S][~/][%w%._%-]*/[%w%._%-]+" ~= nil
end

local function has_date(sentence, words, found)
  if found.dates > 0 then return true end
  if found.numbers == 0 and not sentence:find "%f[%d]%d%d?:%d%d%f[%D]" then return false end
  return words.date:count(sentence, 1) > 0 or sentence:find "%d%a*%s+[of ]*May%f[%W]" ~= nil
    or sentence:find "%f[%w]May%s+%d" ~= nil
end

-- Evidence that is a word of its list, no more.
local by_words = { "decision", "choice", "profile", "habit", "taste", "setup", "matter", "change", "own", "chatter",
  "doubt", "passing", "story" }

-- What stands in quotes is another's.
local function unquoted(sentence)
  return (sentence:gsub('"[^"]*"', " "):gsub("\u{201C}.-\u{201D}", " "):gsub("%f[%S]'[^']+'%f[^%w']", " "))
end

-- What a sentence has, as a set of names of evidence.
local function evidence(sentence, found, words)
  local has = {}
  for _, name in ipairs(by_words) do has[name] = words[name]:count(sentence, 1) > 0 end
  has.choice = has.choice and not has.decision
  has.asked = words.asked:count(sentence, 1) > 0 or words.asked_starts:lead(sentence, 1) > 0
    or sentence:find "^[Rr]emember[,:]%s" ~= nil
  has.label, has.wish = is_labelled(sentence, words), is_wish(sentence, words)
  has.standing, has.person = is_standing(sentence, words), is_person(sentence, words)
  has.body = words.body:count(sentence, 1) > 0 or has.own and sentence:find "%d%s?mg%f[%A]" ~= nil
  has.routine = has.own and words.routine:count(sentence, 1) > 0
  has.date, has.value = has_date(sentence, words, found), has_value(sentence)
  has.name, has.exclaimed = found.capitalised > 0, found.exclamations > 0
  has.number = found.numbers > 0 or words.count:count(sentence, 1) > 0
  has.key = (has.number or has.date or has.value) and words.key:count(sentence, 1) > 0
  has.pointing = select(2, words.pointing:find(sentence)) == 1
  local for_us = has.asked or has.wish or has.standing
  has.passing = not for_us and has.passing
  has.addressed = not (for_us or has.person) and words.addressed:count(sentence, 1) > 0
  has.task = not for_us and words.task:lead(sentence, 1) > 0
  return has
end

local order = { "asked", "label", "wish", "standing", "person", "body", "decision", "choice", "profile", "habit", "key",
  "taste", "setup", "matter", "routine", "change", "value", "date", "name", "number", "own", "chatter", "task", "doubt",
  "passing", "story", "exclaimed", "addressed", "pointing" }

-- A sentence's evidence: reasons and what they add up to.
local function weigh(sentence, options, words)
  local reasons, total, said = {}, 0, unquoted(sentence)
  local found = text.scan(said, counts)
  local shortest = words.body:count(said, 1) > 0 and 2 or options.shortest
  if found.questions > 0 or found.words < shortest or found.words > options.longest then return 0, {} end
  local has = evidence(said, found, words)
  for _, name in ipairs(order) do
    if has[name] then
      reasons[#reasons + 1] = { name, options[name] }
      total = total + options[name]
    end
  end
  return total, reasons
end

-- The sentences of a text that can be pinned. One that points to the one before ("That's what we chose.", "Put it
-- down.") is joined with it.
local function candidates(body, options, words)
  local list, before = {}, nil
  for sentence in text.sentences(body) do
    local quoted = sentence:find '^["\'“„>|]'
    local joins = before and #before.content + #sentence < options.room
      and (words.pointing:lead(sentence, 1) > 0 or #sentence < 24 and words.asked:count(sentence, 1) > 0)
    if joins then
      before.content = before.content .. " " .. sentence
    else
      before = { content = sentence }
      if not quoted then list[#list + 1] = before end
    end
  end
  return list
end

-- The best candidate, or a run of neighbours that are all good enough.
local function best_of(body, options, words)
  local best, run
  for _, item in ipairs(candidates(body, options, words)) do
    local total, reasons = weigh(item.content, options, words)
    if total < options.threshold - 1e-9 then
      run = nil
    elseif run and #run.content + #item.content < options.room then
      run.content = run.content .. " " .. item.content
    elseif #item.content <= options.room then
      run = { content = item.content, total = total, reasons = reasons }
      if not best or total > best.total then best = run end
    end
  end
  return best
end

-- Code that is to be kept: the message's own, or that of the message before it.
local function code_of(message, ctx, options, words)
  local body = message.text
  if #body > options.code_room * 2 or words.keep_code:count(body, 1) == 0 then return nil end
  local code = body:match "```.-```"
  local before = ctx.previous and ctx.previous.text
  if not code and words.code:count(body, 1) > 0 then code = type(before) == "string" and before:match "```.-```" end
  if not code or #code > options.code_room then return nil end
  return { content = code, total = options.asked, reasons = { { "asked", options.asked }, { "code", #code } } }
end

local function is_known(content, lists, near)
  for _, list in ipairs(lists) do
    for _, other in ipairs(list) do
      if other:find(content, 1, true) or text.similar(content, other) >= near then return true end
    end
  end
  return false
end

-- What comes from memory is compared sentence by sentence: a pin may stand inside a long summary.
local function parts_of(shown)
  local list = {}
  for _, body in ipairs(shown or {}) do
    list[#list + 1] = body
    for sentence in text.sentences(body) do list[#list + 1] = sentence end
  end
  return list
end

local function is_full(ctx, options)
  local limit = math.max(options.per_hundred, (ctx.messages or math.huge) * options.per_hundred // 100)
  return (ctx.auto or 0) >= limit
end

---@param message table a row of db.message
---@param ctx kalito.PolicyContext `pins`: contents of all pins of the session, rejected ones too; `shown`: texts shown
---from memory; `messages`, `auto`: how many messages and automatic pins the session has; `previous`: the message before
---@return { content: string, importance: number, reasons: table }[]
local function suggest(message, ctx)
  local options = ctx.options
  if message.role ~= "user" then return {} end
  local words = sets_of(options)
  local body = message.text
  local found = code_of(message, ctx, options, words)
  if not found and (#body <= options.pasted or words.asked:count(body, 1) > 0) then
    found = best_of(body, options, words)
  end
  if not found or #found.content > math.max(options.room, options.code_room) then return {} end
  local asked = found.reasons[1][1] == "asked"
  if not asked and (#body > options.pasted or is_full(ctx, options)) then return {} end
  if is_known(found.content, { ctx.pins or {}, parts_of(ctx.shown) }, options.near) then return {} end
  return { { content = found.content, importance = options.importance, reasons = found.reasons } }
end

local long = ("We walked along the shore and looked at the boats. "):rep(40)

local function test(name, body, content, more)
  local given = { message = { role = "user", text = body } }
  local expect = { count = content and 1 or 0, content and { content = content, importance = 0.7 } }
  for key, value in pairs(more or {}) do given[key] = value end
  return { name = name, given = given, expect = expect }
end

local tests = {
  test("what the user asks to remember", "The weather was fine. Please remember that the spare key hangs in the shed.",
    "Please remember that the spare key hangs in the shed."),
  test("a standing wish", "By the way, always give me distances in miles please. What is next?",
    "By the way, always give me distances in miles please."),
  test("a standing wish in the first person", "I prefer short answers without tables.",
    "I prefer short answers without tables."),
  test("what a body cannot stand, in few words", "Sounds good! I'm lactose intolerant.", "I'm lactose intolerant."),
  test("an allergy", "My son Leo is allergic to peanuts.", "My son Leo is allergic to peanuts."),
  test("a decision", "Long talk at dinner. We decided on the blue tiles from Murano.",
    "We decided on the blue tiles from Murano."),
  test("a decision with a label", "We talked again. Decision: no dog before the summer.",
    "Decision: no dog before the summer."),
  test("a decision that points back takes what it points to", "The desk will be 72 cm high. That's what we chose.",
    "The desk will be 72 cm high. That's what we chose."),
  test("a decision with a request behind it", "I've decided to rent out the room. Put it down.",
    "I've decided to rent out the room. Put it down."),
  test("a person", "My sister Ruth will move in with us in May.", "My sister Ruth will move in with us in May."),
  test("a date with a name", "The school play moves to Friday the 14th of March, 18:30.",
    "The school play moves to Friday the 14th of March, 18:30."),
  test("a code", "We changed the lock, the code is 5519.", "We changed the lock, the code is 5519."),
  test("neighbours that belong together", "I prefer tea to coffee. I'm allergic to milk. How are you?",
    "I prefer tea to coffee. I'm allergic to milk."),
  test("code that is to be kept", "Save this command for later:\n```\ntar czf a.tgz dir\n```",
    "```\ntar czf a.tgz dir\n```"),
  test("code of the message before", "Nice, keep that snippet for next time.", "```\nx = 1\n```",
    { ctx = { previous = { role = "assistant", text = "Here:\n```\nx = 1\n```\nDone." } } }),
  test("code that nobody asks to keep", "It fails:\n```\nx = 1\n```"),
  test("a question is not kept", "Please remember what I said about the key?"),
  test("small talk", "Thanks, that was an amazing day! I love the sea, and we had a blast."),
  test("praise with names and dates", "Wow, so proud of you, Anna! Saturday 12 June was incredible!"),
  test("a memory is no request", "I remember when we went to Oslo in 1998."),
  test("what others always do is no wish", "They always give me the window seat."),
  test("a doubt is no decision", "Maybe we decided too early on the blue tiles from Murano."),
  test("a story is no fact", "Last night I dreamt that I was born on Mars in 2090."),
  test("advice to the other is no wish", "Never stop dreaming and take care of yourself!"),
  test("text that is pasted", long .. "We decided on the blue tiles from Murano."),
  test("a request in a long message", long .. "Please remember that Ruth has the key.",
    "Please remember that Ruth has the key."),
  test("a near duplicate is refused", "Please remember: the spare key hangs in the shed!", nil,
    { ctx = { pins = { "Please remember that the spare key hangs in the shed." } } }),
  test("what came from memory is refused", "We decided on the blue tiles from Murano.", nil,
    { ctx = { shown = { "House, spring: We decided on the blue tiles from Murano. The floor is oak." } } }),
  test("a session that is full", "We decided on the blue tiles from Murano.", nil,
    { ctx = { messages = 90, auto = 3 } }),
  test("a longer session has room", "We decided on the blue tiles from Murano.",
    "We decided on the blue tiles from Murano.", { ctx = { messages = 200, auto = 5 } }),
  test("a request has room always", "Please remember that Ruth has the key.", "Please remember that Ruth has the key.",
    { ctx = { messages = 10, auto = 9 } }),
  test("word lists are options", "Wir haben beschlossen: kein Hund vor dem Sommer.",
    "Wir haben beschlossen: kein Hund vor dem Sommer.",
    { options = { decision_words = { "wir haben beschlossen" }, own_words = { "wir", "ich" } } }),
  { name = "an answer is not pinned",
    given = { message = { role = "assistant", text = "Please remember that the key hangs in the shed." } },
    expect = { count = 0 } },
}

return {
  name = "pin",
  describe = "keeps wishes, decisions, facts and code of the user in sight",
  defaults = defaults,
  suggest = suggest,
  tests = tests,
}
