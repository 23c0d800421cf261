-- When an entry of a lorebook speaks: regular expressions, second keys and their logic, words and their insides,
-- chance, entries that lead to others; and what an import says of what it does not obey.

local kalito = require "kalito"
local automaton = require "kalito.card.lore_automaton"
local card_kept = require "kalito.card.kept"
local lore = require "kalito.card.lore"
local lore_book = require "kalito.card.lore_book"
local lore_file = require "kalito.card.lore_file"
local reader = require "kalito.card.read"
local json = kalito.json

local function card_of(entries, book, data)
  local own = { extensions = {}, entries = json.array(entries) }
  for name, value in pairs(book or {}) do own[name] = value end
  local fields = { name = "Ember", character_book = own }
  for name, value in pairs(data or {}) do fields[name] = value end
  return assert(reader.read(json.encode { spec = "chara_card_v2", spec_version = "2.0", data = fields }))
end

local function found(card, ...)
  local out = {}
  for i, note in ipairs(lore.find(card, { ... })) do out[i] = note.text end
  return table.concat(out, " ")
end

describe("A regular expression of a key", function()
  local function occurs(pattern, text, flags)
    return automaton.occurs(assert(automaton.compile(pattern, flags)), text, { left = 1000000 })
  end

  local CASES = {
    -- expression, texts in which it occurs, texts in which it does not
    { "fire.*water", { "fire and water", "firewater" }, { "water and fire", "fire\nwater" } },
    { "drag[oe]ns?", { "a dragon", "dragens!" }, { "dragin" } },
    { "\\bash\\b", { "ash", "an ash, cut" }, { "ashes", "dash", "ash_1", "ashé" } },
    { "\\Bash", { "dash" }, { "ash", "an ash" } },
    { "^gold$", { "gold", "silver\ngold\nbronze" }, { "gold coin", "old gold" } },
    { "(?:red|blue) (fox|hen)", { "a red hen", "blue fox" }, { "redfox", "green fox" } },
    { "(?<colour>red)x", { "redx" }, { "red" } },
    { "a{2,3}b", { "aab", "aaaab" }, { "ab" } },
    { "a{2}b", { "aab" }, { "ab" } },
    { "a{2,}b", { "aaaaab" }, { "ab" } },
    { "xa{0,1}y", { "xy", "xay" }, { "xaay" } },
    { "a{x}", { "a{x}" }, { "aax" } },
    { "colou?r", { "color", "colour" }, { "colouur" } },
    { "x(ab)*y", { "xy", "xababy" }, { "xab y", "xay" } },
    { "x(ab)+?y", { "xaby" }, { "xy" } },
    { "()*x", { "x" }, { "y" } },
    { "(a*)*b", { "b", "aab" }, { "a" } },
    { "[^a-c]x", { "dx", "\nx" }, { "ax", "bx", "x" } },
    { "[a-c\\d_-]x", { "bx", "7x", "_x", "-x" }, { "dx" } },
    { "[]x]", {}, { "]", "x" } },
    { "[\\]x]", { "]" }, { "y" } },
    { "\\d+\\s\\w\\W\\D\\S", { "12 a!bc" }, { "12a!bc" } },
    { "Ash\\.1\\/2", { "Ash.1/2" }, { "Ash-1/2" } },
    { "\\x41\\u0042\\u{43}", { "ABC" }, { "abc" } },
    { "\\t|\\n", { "\t", "a\nb" }, { " " } },
    { "古.だ", { "古龍だ" }, { "古だ" } },
    { "[あ-ん]x", { "のx" }, { "ノx" } },
    { "", { "", "x" }, {} },
    { "|x", { "" }, {} },
  }

  for _, case in ipairs(CASES) do
    it("finds what it says: " .. case[1], function()
      for _, text in ipairs(case[2]) do assert.is_true(occurs(case[1], text), text) end
      for _, text in ipairs(case[3]) do assert.is_false(occurs(case[1], text), text) end
    end)
  end

  it("knows letters in either case where it says so", function()
    assert.is_true(occurs("école", "ÉCOLE", "i"))
    assert.is_true(occurs("[À-Þ]x", "éX", "gi"))
    assert.is_true(occurs("ΣΟΦΙΑ жар ŽĽ", "σοφια ЖАР žľ", "i"))
    assert.is_false(occurs("x[^a]", "xa xA", "i"))
    assert.is_false(occurs("école", "École"))
    assert.is_false(occurs("Ö", "×", "i"))
    assert.is_true(occurs("a.b", "a\nb", "s"))
  end)

  it("says why it is not understood", function()
    for pattern, problem in pairs {
      ["(?=x)"] = "it looks ahead or behind", ["(?<!x)y"] = "it looks ahead or behind",
      ["(a)\\1"] = "it repeats what a group found", ["(?<n>a)\\k<n>"] = "it repeats what a group found",
      ["\\p{L}"] = "\\p is not known", ["(a"] = "a ( is not closed", ["a)"] = "a ) is not opened",
      ["[a"] = "it ends too soon", ["*a"] = "nothing stands before *", ["a\\"] = "it ends too soon",
      ["a{3,1}"] = "a repeat has its ends the wrong way round", ["[a-\\d]"] = "a range ends in a class",
      ["((a{9}){9}){9}"] = "it is too large", ["(){999999999}"] = "it is too large",
      ["a{" .. ("9"):rep(400) .. "}"] = "it is too large", [("a"):rep(1001)] = "it has more than 1000 bytes",
    } do
      assert.are.same({ nil, problem }, { automaton.compile(pattern) })
    end
  end)

  it("costs what it reads and no more, whatever it says", function()
    local text = ("a"):rep(20000)
    for _, pattern in ipairs { "(a+)+b", "(a|a)*b", "(a*)*b", "(.*)*(.*)*b", "(a?){40}a{40}b" } do
      local work = { left = 1000000 }
      assert.is_false(automaton.occurs(assert(automaton.compile(pattern)), text, work))
      assert.is_true(work.left > 950000, pattern .. " " .. work.left)
    end
    -- One whose states never come again costs its size at each step, and ends when it has had its share.
    local noise, seed = {}, 1
    for i = 1, 20000 do
      seed = seed * 1103515245 + 12345 & 0x7fffffff
      noise[i] = seed >> 16 & 1 == 1 and "a" or "b"
    end
    local work = { left = 500000 }
    assert.is_false(automaton.occurs(assert(automaton.compile "a(a|b){40}c"), table.concat(noise), work))
    assert.is_true(work.left <= 0)
    local a = assert(automaton.compile "x")
    assert.is_false(automaton.occurs(a, "yyyyx", { left = 0 }))
  end)
end)

describe("An entry of a lorebook", function()
  local function keyed(keys, more)
    local entry = { keys = json.array(keys), content = "A" }
    for name, value in pairs(more or {}) do entry[name] = value end
    return card_of { entry }
  end

  it("is called by regular expressions, with slashes or where it says use_regex", function()
    local card = keyed { "/fire.*water/i" }
    assert.are.equal("A", found(card, "FIRE and water"))
    assert.are.equal('[["keyword","/fire.*water/i"]]', lore.find(card, { "firewater" })[1].reasons)
    assert.are.equal("A", found(keyed({ "^gr[ae]y" }, { use_regex = true }), "grey wolf"))
    assert.are.equal("", found(keyed { "^gr[ae]y" }, "grey wolf"))
  end)

  it("takes a path for a word, though it begins with a slash and has another one", function()
    assert.are.equal("", found(keyed({ "/home/user", "/usr/bin" }), "I stay at home, as I am used to"))
    assert.are.equal("A", found(keyed({ "/home/user" }), "It lies in /home/user."))
  end)

  it("takes keys of SillyTavern without slashes as they stand, though all of its entries say use_regex", function()
    local card = keyed({ "Mr. Smith" }, { use_regex = true, extensions = { selectiveLogic = 0 } })
    assert.are.equal("A", found(card, "a mr. smith came"))
    assert.are.equal("", found(card, "Mrs Smith"))
  end)

  it("needs its second keys as its logic says", function()
    for logic, expected in pairs {
      [0] = { none = "", one = "A", both = "A" }, [1] = { none = "A", one = "A", both = "" },
      [2] = { none = "A", one = "", both = "" }, [3] = { none = "", one = "", both = "A" },
      [9] = { none = "", one = "A", both = "A" },
    } do
      local card = keyed({ "gold" }, { selective = true, secondary_keys = { "dwarf", "/el(f|ves)/" },
        extensions = { selectiveLogic = logic } })
      assert.are.same(expected, { none = found(card, "gold"), one = found(card, "gold of elves"),
        both = found(card, "gold", "an elf, a dwarf") }, logic)
      assert.are.equal("", found(card, "a dwarf and an elf"))
    end
    local plain = keyed({ "gold" }, { selective = false, secondary_keys = { "dwarf" },
      extensions = { selectiveLogic = 3 } })
    assert.are.equal("A", found(plain, "gold"))
  end)

  it("looks inside words, and minds the case, where it is told to", function()
    local card = keyed({ "gold" }, { extensions = { match_whole_words = false } })
    assert.are.equal("A", found(card, "MARIGOLDS"))
    card = keyed({ "Rose" }, { extensions = { case_sensitive = true, match_whole_words = false } })
    assert.are.same({ "A", "" }, { found(card, "a Roseate sky"), found(card, "a primrose") })
    card = keyed({ "The (old) Rose" }, { case_sensitive = true })
    assert.are.same({ "A", "", "" }, { found(card, "The  (old) Rose!"), found(card, "the (old) rose"),
      found(card, "The (old) Roses") })
    card = keyed({ "龍" }, { case_sensitive = true })
    assert.are.equal("A", found(card, "古龍だ"))
  end)

  it("looks through as many messages as its extensions say", function()
    local card = keyed({ "gold" }, { extensions = { scan_depth = 1 } })
    assert.are.same({ "A", "" }, { found(card, "gold"), found(card, "no", "gold") })
  end)

  it("takes a decorator with three signs for the one before it, when that is not obeyed", function()
    local card = card_of { { keys = { "x" }, content = "@@made_up 1\n@@@scan_depth 1\nA" },
      { keys = { "y" }, content = "@@scan_depth 5\n@@@dont_activate\nB" } }
    assert.are.same({ "A", "" }, { found(card, "x"), found(card, "no", "x") })
    assert.are.equal("B", found(card, "no", "no", "no", "no", "y"))
  end)

  it("comes as often as its probability says, and the same again for the same message", function()
    local function times(probability, used)
      local card, count = keyed({ "gold" }, { extensions = { probability = probability, useProbability = used } }), 0
      for i = 1, 400 do
        local first = found(card, "gold " .. i)
        assert.are.equal(first, found(card, "gold " .. i))
        count = count + #first
      end
      return count
    end
    assert.are.same({ 0, 400, 400 }, { times(0, true), times(100, true), times(0, false) })
    local often = times(30, true)
    assert.is_true(often > 90 and often < 150, often)
  end)

  it("leads to others, and is led to, as its extensions say", function()
    local function led(of_first, of_second)
      return found(card_of({ { keys = { "gold" }, content = "The dwarf.", extensions = of_first },
        { keys = { "dwarf" }, content = "Alf.", extensions = of_second } }, { recursive_scanning = true }), "gold")
    end
    assert.are.equal("The dwarf. Alf.", led({}, {}))
    assert.are.equal("The dwarf.", led({ prevent_recursion = true }, {}))
    assert.are.equal("The dwarf.", led({}, { exclude_recursion = true }))
    assert.are.equal("The dwarf. Alf.", led({}, { delay_until_recursion = true }))
    assert.are.equal("", led({ delay_until_recursion = 1 }, {}))
  end)

  it("is left out by its place in the order where none says how important it is", function()
    local text = ("word "):rep(40)
    local card = card_of({ { constant = true, content = "1 " .. text, insertion_order = 1 },
      { constant = true, content = "2 " .. text, insertion_order = 2 } }, { token_budget = 60 })
    assert.are.equal("2", found(card):sub(1, 1))
  end)

  it("is read from a text that is cut inside a character", function()
    local db = assert(kalito.open(":memory:"))
    local persona = assert(db.persona.add { name = "Ember", prompt = "You are Ember." })
    local card = keyed { "/é{3}/" }
    assert(db.card.add { id = persona.id, spec = "v2", card = card.text, prompt_hash = "x" })
    local session = assert(db.session.add { persona = persona.id })
    local talk = kalito.conversation(db, session.id)
    assert(talk:add("user", "x" .. ("é"):rep(40000)))
    assert.are.equal("lore:1", assert(talk:context { text = "go on", budget = 100000 }).items[2].id)
    db.close()
  end)
end)

describe("What is kept and not obeyed", function()
  it("is named by its entries", function()
    local list = {}
    for i = 1, 7 do list[i] = { keys = { "x" }, content = "A", extensions = { sticky = 3, cooldown = 0 } } end
    list[8] = { keys = { "x" }, content = "@@depth 4\n@@scan_depth 2\nB", position = "before_char" }
    list[9] = { keys = { "x" }, content = "@@role system\nC", enabled = false }
    list[10] = { keys = { "x" }, content = "D", position = "before_char", extensions = { position = 1 } }
    local card = card_of(list, nil, { post_history_instructions = "Short.", group_only_greetings = json.array {},
      extensions = { depth_prompt = { prompt = "Be dry.", depth = 4 }, world = "", regex_scripts = { { id = 1 } } } })
    assert.are.same({ "post_history_instructions", "depth_prompt", "regex_scripts", "@@depth of entry 8",
      "position of entry 8", "sticky of entries 1, 2, 3, 4, 5 and 2 more" }, card_kept.of(card))
    assert.are.same({}, card_kept.of(card_of { { keys = { "x" }, content = "A", position = "after_char" } }))
    assert.are.same({}, card_kept.of(assert(reader.read '{"name":"x"}')))
  end)

  it("is told of keys with their entry", function()
    local card = card_of { { keys = { "a" }, content = "A" }, { keys = { "b" }, content = "B", selective = true,
      secondary_keys = { "/x(?=y)/", ("k"):rep(300) } } }
    local skipped = lore_book.of(card).skipped
    assert.are.same({ { key = "/x(?=y)/", problem = "it looks ahead or behind", number = 2 },
      { key = ("k"):rep(300), problem = "it has more than 255 bytes", number = 2 } }, skipped)
  end)

  it("has the names of a card where it comes from world info", function()
    local book = assert(lore_file.book(json.decode [[{"entries":{"0":{"uid":0,"key":["gold"],"keysecondary":["elf"],
      "selective":true,"selectiveLogic":2,"content":"A","matchWholeWords":false,"scanDepth":1,"useProbability":true,
      "probability":100,"excludeRecursion":true,"caseSensitive":true,"groupWeight":100,"odd":1}}}]]))
    assert.are.same({ selectiveLogic = 2, match_whole_words = false, scan_depth = 1, useProbability = true,
      probability = 100, exclude_recursion = true, case_sensitive = true, group_weight = 100, odd = 1 },
      book.entries[1].extensions)
    local card = card_of(book.entries)
    assert.are.same({ "A", "", "" }, { found(card, "marigold"), found(card, "gold elf"), found(card, "Gold") })
  end)
end)
