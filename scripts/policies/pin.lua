-- The shipped rule of automatic pins; long, because its word lists and tests are. It says which sentences of a
-- message are worth keeping in sight: what the user asks to remember, standing wishes, decisions, facts with names,
-- dates and codes, and code that is to be kept. Every sentence collects evidence from its words and its shape; few
-- reach the threshold, and small talk loses what it collects. A pure function of the message, what is pinned, what
-- was shown, and the options.

local text = kalito.text

local defaults = {
  threshold = 1,    -- evidence that a sentence needs
  importance = 0.7, -- of an automatic pin
  near = 0.6,       -- so alike (kalito.text.similar) is the same pin again
  most = 1,         -- pins of one message
  per_hundred = 3,  -- pins that 100 messages may get, beside what the user asks for; at least so many in a session
  shortest = 4, longest = 60, -- words of a sentence that can stand alone
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

  asked_words = {
    "please remember", "remember that i", "remember that i'm", "remember that my", "remember that we",
    "remember that our", "remember my", "please keep in mind", "keep in mind that i", "keep in mind that my",
    "keep in mind that we", "bear in mind that i", "bear in mind that we", "don't forget that i",
    "don't forget that my", "don't forget that we", "please don't forget", "for the record", "before i forget",
    "note for later", "for your notes", "please note that i", "please note that we", "please note that my",
    "note down", "make a note", "make a note of", "write it down", "write this down", "write that down",
    "so you know", "so it's written down", "just so it's written down", "written down somewhere", "put it down",
    "put that down", "please memorize", "please memorise",
  },
  -- and at the beginning of a sentence
  asked_starts = {
    "note that", "keep in mind", "bear in mind", "don't forget that", "don't forget:", "remember:", "please note",
  },
  -- "Decision: no stove this year"
  label_words = {
    "decision", "decided", "agreed", "changed", "change", "correction", "rule", "reminder", "for the record",
    "preference", "remember", "note to self", "final", "don't forget", "note", "important", "fyi", "fact",
  },
  wish_words = {
    "always give", "always use", "always answer", "always write", "always reply", "always respond",
    "always include", "always show", "always ask", "always add", "always put", "always keep", "always tell",
    "always explain", "always start", "always end", "always cite", "always quote", "always name", "always check",
    "always mention", "always translate", "always address", "always assume", "always format", "always prefer",
    "always round", "always avoid", "never use", "never write", "never answer", "never reply", "never add",
    "never include", "never show", "never ask", "never tell", "never suggest", "never start", "never assume",
    "never mention", "never repeat", "never apologise", "never apologize", "never guess", "never call me",
    "stop using", "stop adding", "from now on",
  },
  -- an order at the beginning of a clause is a wish together with words that make it last
  order_words = {
    "answer", "reply", "respond", "write", "use", "keep", "give", "avoid", "speak", "talk", "explain", "translate",
    "format", "cite", "quote", "include", "add", "skip", "leave out", "show", "tell", "address", "start every",
    "begin every", "end every", "round", "assume", "stick to", "refer", "call me", "ask me", "remind me", "no",
    "only", "don't use", "don't write", "don't answer", "don't add", "don't give", "don't ask", "don't show",
    "don't explain", "don't repeat", "don't tell", "don't include", "don't suggest", "don't call me",
    "don't translate", "don't apologise", "don't apologize", "don't start", "don't end", "don't guess",
    "do not use", "do not write", "do not answer", "do not add", "do not give", "do not ask", "do not show",
    "do not include", "do not suggest", "stop using", "stop adding", "stop asking", "stop apologising",
    "stop apologizing", "stop repeating", "stop telling", "stop giving", "stop writing", "stop explaining",
    "stop suggesting", "stop calling me",
  },
  scope_words = {
    "from now on", "from here on", "going forward", "in future", "in the future", "every time", "each time",
    "whenever", "when you write", "when you answer", "when you reply", "when you explain", "when you give",
    "when you show", "when you translate", "when you quote", "when i ask", "if i ask", "unless i", "unless asked",
    "unless told otherwise", "your answers", "your replies", "your responses", "your code", "every answer",
    "every reply", "each answer", "any more", "anymore", "by default", "all the time", "at all times",
    "until i say", "until further notice", "in our chats", "in this chat", "in this conversation", "with me",
    "when talking to me", "when writing to me",
  },
  -- wishes in the first person: nothing has to stand before them
  own_wish_words = {
    "i prefer", "i'd prefer", "i would prefer", "i strongly prefer", "i much prefer", "we prefer",
    "my preference is", "i'd rather", "i would rather", "we'd rather", "we would rather", "i want short",
    "i want brief", "i want concise", "i want plain", "i never want", "i always want", "matter of principle",
    "a principle with me",
  },
  taste_words = {
    "my favourite", "my favorite", "my favourites", "my favorites", "my preferred", "i'm a fan of",
    "i'm a big fan of", "i'm a huge fan of", "my go-to", "i hate", "i don't like", "i dislike", "i collect",
  },
  habit_words = {
    "i don't eat", "i don't drink", "i don't smoke", "i don't use", "i don't drive", "i don't fly", "i don't own",
    "i do not eat", "i do not drink", "i never eat", "i never drink", "i never use", "i never fly", "i only eat",
    "i only drink", "i only use", "i only buy", "i can't eat", "i cannot eat", "i can't drink", "i can't stand",
    "we don't eat", "we don't drink", "we never eat", "we never use", "we only use", "we only eat", "we only buy",
    "i like my", "i take my coffee", "i take my tea", "i'm a morning person", "i'm a night owl",
    "i am a morning person", "i am a night owl", "suits me best", "suits us best", "works best for me",
    "works best for us", "is best for me", "i usually wake up", "i usually go to bed",
  },
  body_words = {
    "allergic", "allergy", "allergies", "intolerant", "intolerance", "vegetarian", "vegan", "coeliac", "celiac",
    "diabetic", "diabetes", "halal", "kosher", "epileptic", "epilepsy", "asthma", "asthmatic", "pregnant",
    "wheelchair", "pacemaker", "blood type", "insulin", "gluten-free", "gluten free", "colour blind", "color blind",
    "colour-blind", "color-blind", "hard of hearing", "hearing aid", "hearing aids", "dyslexic", "dyslexia",
    "high blood pressure", "hay fever", "antidepressants", "blood thinners",
  },
  decision_words = {
    "we decided", "i decided on", "i decided against", "we've decided", "i've decided", "we have decided",
    "i have decided", "decided by", "decided on", "decided against", "the decision is", "our decision is",
    "my decision is", "decision of", "final decision", "we agreed on", "we agreed that", "we've agreed",
    "we have agreed", "we settled on", "settled on", "we've chosen", "i've chosen", "what we chose", "what i chose",
    "we're going with", "i'm going with", "we are going with", "i am going with", "we'll go with", "i'll go with",
    "it's final", "it is final", "is settled", "let's go with", "ended up choosing", "ended up picking",
    "ended up going with", "made up my mind", "made up our minds", "in the end we chose", "in the end we picked",
    "in the end i chose", "in the end i picked", "finally chose", "finally picked", "let's stick with",
    "we'll stick with", "i'm sticking with", "we voted for", "we voted to",
  },
  -- a decision together with a date, a number or what it changes
  choice_words = {
    "we agreed to", "we chose", "i chose", "we picked", "i picked", "we've chosen to", "we opted for",
    "i opted for", "decided to", "decided that", "let's use", "we'll use", "we will use", "i'll use", "i will use",
    "i'm not going to", "we're not going to", "i'll take", "i will take", "was approved", "is approved",
    "we'll start", "we're starting",
  },
  -- said of oneself; "i live in" a place, "i was born on" a day
  profile_words = {
    "i live in", "i live at", "i live near", "we live in", "we live at", "we live near", "i'm based in",
    "we're based in", "i grew up in", "i was born in", "i come from", "i'm originally from", "i work at",
    "i work for", "i work as", "i work in", "i'm employed at", "i study at", "i'm studying at", "i teach at",
    "i speak", "i drive a", "i weigh", "i ride a", "my native language", "my mother tongue", "my pronouns are",
    "my time zone", "my timezone", "years old", "years of experience", "my profession", "my job title",
  },
  person_words = {
    "my name is", "my name's", "i'm called", "is my husband", "is my wife", "is my partner", "is my son",
    "is my daughter", "is my mother", "is my father", "is my brother", "is my sister", "is my boss", "is my doctor",
    "is my landlord", "is my manager", "is my dentist", "is my lawyer", "birthday is", "birthday's",
    "anniversary is", "was born on", "were born on",
  },
  -- before a name, with "my", "our": "my mother Ingrid", "our dog is called Rex"
  relation_words = {
    "wife", "husband", "partner", "spouse", "fiancé", "fiancée", "girlfriend", "boyfriend", "daughter", "daughters",
    "son", "sons", "child", "children", "kids", "baby", "twins", "mother", "mom", "mum", "father", "dad", "parents",
    "sister", "brother", "grandmother", "grandma", "grandfather", "grandpa", "aunt", "uncle", "niece", "nephew",
    "boss", "manager", "supervisor", "assistant", "doctor", "dentist", "vet", "landlord", "landlady", "lawyer",
    "therapist", "accountant", "electrician", "plumber", "tutor", "dog", "dogs", "cat", "cats", "puppy", "puppies",
    "kitten", "kittens", "horse", "parrot", "rabbit", "company", "band",
  },
  -- what is looked up later: with a number, a date or a name
  key_words = {
    "code is", "door code", "pin code", "pin is", "password is", "wifi password", "wi-fi password", "passphrase is",
    "combination is", "username is", "serial number", "account number", "customer number", "policy number",
    "member number", "booking reference", "booking number", "confirmation number", "reference number",
    "order number", "licence plate", "license plate", "registration number", "phone number is", "number is",
    "my phone number", "address is", "email is", "e-mail is", "iban", "meter reads", "meters read", "meter reading",
    "deadline is", "deadline for", "due date is", "is due on", "due on", "my appointment", "flight number",
    "departing", "permission until", "permission in writing", "valid until", "expires on", "ends on", "salary",
    "my income", "my rent", "our rent", "the rent is", "mortgage is", "my budget", "our budget", "budget is",
    "the budget:", "the limit is", "limit is", "the price is", "my goal is", "our goal is", "my target is",
    "our target is", "goal weight", "shoe size", "dress size", "ring size", "i earn", "we earn", "i pay", "we pay",
    "i'm saving", "we're saving", "target is", "i've been a", "i have been a", "our team has", "our team is",
    "our company has", "is my deadline", "my availability",
  },
  -- what the days of people are about: worth a pin with a date
  matter_words = {
    "flight", "train", "reservation", "booked", "appointment", "interview", "meeting", "exam", "contract", "lease",
    "wedding", "surgery", "operation", "deadline", "launch", "release", "delivery", "closing", "visa", "passport",
    "insurance", "subscription", "rent", "server", "conference", "school", "course", "due", "warranty", "hearing",
  },
  setup_words = {
    "we use", "i use", "we store", "we keep", "we deploy", "we run", "we host", "i run", "i host", "our stack",
    "is stored in", "are stored in", "is written in", "are written in", "runs on", "is hosted on", "server runs",
    "my laptop", "my computer", "my phone is", "my camera is", "my car is",
  },
  routine_words = {
    "every day", "every week", "every month", "every year", "every morning", "every evening", "every monday",
    "every tuesday", "every wednesday", "every thursday", "every friday", "every saturday", "every sunday",
    "each monday", "each tuesday", "each wednesday", "each thursday", "each friday", "each week", "each month",
    "on mondays", "on tuesdays", "on wednesdays", "on thursdays", "on fridays", "on saturdays", "on sundays",
    "on weekdays", "on weekends", "twice a week", "once a week", "once a month", "a month", "per month",
  },
  count_words = {
    "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "a dozen",
    "fifteen", "twenty", "thirty", "forty", "fifty", "sixty", "hundred", "thousand", "million",
  },
  change_words = {
    "instead of", "no longer", "correction", "changed to", "moved to", "moves to", "moved it to", "rescheduled to",
    "not any more", "from now on", "final", "stands", "changed", "postponed to", "brought forward to",
  },
  date_words = {
    "january", "february", "march", "april", "june", "july", "august", "september", "october", "november",
    "december", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "mondays", "tuesdays",
    "wednesdays", "thursdays", "fridays", "saturdays", "sundays",
  },
  own_words = { "i", "i'm", "i've", "i'd", "my", "me", "we", "we're", "we've", "our", "us" },
  chatter_words = {
    "thanks", "thank you", "awesome", "amazing", "wow", "congrats", "congratulations", "haha", "lol", "hey", "hi",
    "hello", "good luck", "so proud", "proud of", "so excited", "excited", "can't wait", "glad", "happy for",
    "so happy", "great job", "well done", "i love", "loved", "so much fun", "had a blast", "inspiring",
    "means a lot", "grateful", "thankful", "blessed", "incredible", "beautiful", "sorry to hear", "take care",
    "makes me", "made me", "i feel", "felt", "journey", "dreams", "passion", "passionate", "grief", "memories",
    "feels like", "feel so", "funny", "fun", "nice to", "lovely", "adorable", "cute", "so much",
  },
  -- what is over tomorrow
  passing_words = {
    "today", "tonight", "right now", "at the moment", "just", "this time", "this moment", "for now", "just now",
    "to relax", "for fun", "decided it was", "decided that it was", "prefer not to", "i don't use it",
  },
  -- a sentence that begins so is work for now
  task_words = {
    "translate", "summarise", "summarize", "rewrite", "imagine", "pretend", "act as", "simulate", "generate",
    "create", "list", "describe", "make it", "make a", "make the", "write a", "write an", "write the", "write me",
    "give me a", "give me the", "tell me a", "tell me about", "explain the", "explain how", "show me the",
    "compare", "suppose", "let's say", "role-play", "you are", "your name is", "your task is",
  },
  doubt_words = {
    "maybe", "perhaps", "might", "not sure", "i think", "i guess", "probably", "possibly", "could be", "if",
    "would be", "wonder", "wondering", "thinking about", "thinking of", "considering", "suppose", "imagine",
    "hypothetically", "not to say", "for example", "e.g", "haven't decided", "still deciding", "not decided",
    "don't want to decide", "undecided", "what if", "act as", "pretend", "i thought", "supposed to", "as we agreed",
    "like we agreed", "as agreed", "what we agreed", "isn't what", "not what", "as i decided", "as we decided",
    "first step", "next step", "next one", "first one", "option 1",
  },
  story_words = {
    "last week", "last weekend", "last month", "last year", "last night", "last monday", "last tuesday",
    "last wednesday", "last thursday", "last friday", "last saturday", "last sunday", "last summer", "yesterday",
    "years ago", "when i was", "once upon", "used to", "the other day", "a while ago", "recently", "just got back",
    "this morning",
  },
  addressed_words = { "you", "you're", "you've", "your", "yours", "yourself", "you'll" },
  -- a sentence that begins so needs the one before it
  pointing_words = {
    "that's", "that is", "that was", "this is", "this was", "it is", "it's", "it was", "they", "he", "she", "them",
    "yes that's", "yes that is", "decided by", "put it down", "put that down", "write it down", "write that down",
  },
  keep_code_words = {
    "keep this", "keep that", "save this", "save that", "remember this", "remember that", "store this", "pin this",
    "keep the", "save the", "remember the", "for later", "for next time", "for reuse", "note this",
    "note that down", "bookmark this", "reuse this",
  },
  code_words = {
    "code", "snippet", "command", "script", "function", "query", "regex", "config", "configuration", "one-liner",
    "line", "alias", "template",
  },
}

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

local before_wish = { please = true, but = true, so = true, ["then"] = true, way = true }

-- "always give" is a wish where it begins a clause, not in "they always give".
local function is_wish(sentence, words)
  if words.own_wish:count(sentence, 1) > 0 then return true end
  if sentence:lower():find "%f[%a]i like [^,;]- better%f[%A]" then return true end
  local word, at = words.wish:find(sentence)
  if not word then return false end
  local before = sentence:sub(1, at - 1):lower()
  local last = before:match "(%a+)%s*$"
  return word == "from now on" and words.own:count(sentence, 1) > 0 or last == nil or before_wish[last] ~= nil
end

local before_order = { please = true, but = true, so = true, ["then"] = true, ["and"] = true, also = true, just = true }

-- "Keep it short, whenever you can": an order at the beginning of a clause, and words that make it last.
local function is_standing(sentence, words)
  if words.scope:count(sentence, 1) == 0 then return false end
  for clause in sentence:gmatch "[^,;:]+" do
    local rest = clause:match "^%s*(.*)"
    local first, after = rest:match "^(%a+)%s+(.*)"
    while first and before_order[first:lower()] do
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
  if found.questions > 0 or found.words < options.shortest or found.words > options.longest then return 0, {} end
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
