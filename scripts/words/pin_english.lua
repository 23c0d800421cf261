-- pin_english.lua: the words by which policies/pin.lua knows what is worth a pin, in English. Own compilation. A list of
-- the same name in another file of its kind adds to it; an option of that name in config.lua takes the place of all.

return {
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
    "never give", "never recommend",
    "never include", "never show", "never ask", "never tell", "never suggest", "never start", "never assume",
    "never mention", "never repeat", "never apologise", "never apologize", "never guess", "never call me",
    "stop using", "stop adding", "from now on",
  },
  -- an order at the beginning of a clause is a wish together with words that make it last
  before_wish_words = { "please", "but", "so", "then", "way" },
  before_order_words = { "please", "but", "so", "then", "and", "also", "just" },
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
