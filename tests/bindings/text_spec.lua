-- kalito.text: the same helpers in the program, in stock lua5.4 and in the jail.
local kalito = require "kalito"
local text = kalito.text

describe("kalito.text.words", function()
  it("counts whole words whatever their case", function()
    local set = text.words { "because", "the fix is" }
    assert.are.equal(3, set:count "Because it is so, BECAUSE the\n fix  is small.")
    assert.are.equal(0, set:count "becauses, sobecause, the fixis")
  end)

  it("stops counting at the limit", function()
    local set = text.words { "a" }
    assert.are.equal(1, set:count("a a a", 1))
    assert.are.equal(0, set:count("a a a", 0))
  end)

  it("finds the entry as it was given and its position", function()
    local set = text.words { "Résumé", "don't" }
    assert.are.same({ "Résumé", 5 }, { set:find "the RÉSUMÉ" })
    assert.are.same({ "don't", 3 }, { set:find "I don’t" })
    assert.is_nil(set:find "nothing")
  end)

  it("finds one match after the other", function()
    local set, positions, init = text.words { "x" }, {}, 1
    while true do
      local word, at = set:find("x xx x", init)
      if not word then break end
      positions[#positions + 1] = at
      init = at + 1
    end
    assert.are.same({ 1, 6 }, positions)
    assert.is_nil(set:find("x", 99))
  end)

  it("tells which sentences begin with an entry", function()
    local set = text.words { "how do", "what's" }
    assert.are.equal(2, set:lead "Hi. How do I?\n- what's new\nI know how do")
    assert.are.equal(1, set:lead("how do. how do.", 1))
  end)

  it("keeps its words when the list changes afterwards", function()
    local list = { "one" }
    local set = text.words(list)
    list[1] = "two"
    collectgarbage()
    assert.are.same({ "one", 1 }, { set:find "one two" })
  end)

  it("takes an empty list", function()
    assert.are.equal(0, text.words({}):count "anything")
  end)

  it("raises for what is no word and names the place", function()
    assert.has_error(function() text.words { "ok", "" } end,
      "word 2 is empty, longer than 255 bytes or not valid UTF-8")
    assert.has_error(function() text.words { "ok", 5 } end, "word 2 is not a string but a number")
    assert.has_error(function() text.words { "\xff" } end)
    assert.has_error(function() text.words { ("x"):rep(256) } end)
    assert.has_error(function() text.words "x" end)
    assert.has_error(function() text.words() end)
  end)

  it("raises when a list claims a length that it has not", function()
    local function claims(n) return setmetatable({}, { __len = function() return n end }) end
    assert.has_error(function() text.words(claims(70000)) end)
    assert.has_error(function() text.words(claims(-1)) end)
    assert.has_error(function() text.words(claims(3)) end)
  end)

  it("raises for a set that is none and for bad arguments", function()
    local set = text.words { "a" }
    assert.has_error(function() set.count({}, "a") end)
    assert.has_error(function() set.count(io.stdout, "a") end)
    assert.has_error(function() set:count() end)
    assert.has_error(function() set:count("a", -1) end)
    assert.has_error(function() set:find("a", 0) end)
  end)

  it("hides its metatable", function()
    assert.are.equal("kalito.words", getmetatable(text.words {}))
  end)
end)

describe("kalito.text.scan", function()
  it("counts structure", function()
    local counts = text.scan "1. Why does `x` fail?\n> see foo_bar() at https://a.b/c?d on 2024-05-06!\n```\ny?\n```"
    assert.are.equal(1, counts.questions)
    assert.are.equal(1, counts.exclamations)
    assert.are.equal(1, counts.code_spans)
    assert.are.equal(1, counts.code_blocks)
    assert.are.equal(1, counts.numbered_items)
    assert.are.equal(1, counts.list_items)
    assert.are.equal(1, counts.quoted_lines)
    assert.are.equal(1, counts.identifiers)
    assert.are.equal(1, counts.urls)
    assert.are.equal(1, counts.dates)
    assert.are.equal(5, counts.lines)
  end)

  it("fills and returns the table it is given", function()
    local into = { words = 99, other = 1 }
    assert.are.equal(into, text.scan("two words", into))
    assert.are.equal(2, into.words)
    assert.are.equal(1, into.other)
  end)

  it("raises for bad arguments", function()
    assert.has_error(function() text.scan() end)
    assert.has_error(function() text.scan("a", 1) end)
  end)
end)

describe("kalito.text.sentences", function()
  it("goes through the sentences with their positions", function()
    local found = {}
    for sentence, at in text.sentences "One. Two?\n\n- Three" do found[#found + 1] = { sentence, at } end
    assert.are.same({ { "One.", 1 }, { "Two?", 6 }, { "Three", 14 } }, found)
  end)

  it("ends at once for a text without any and stays ended", function()
    local step = text.sentences " \n "
    assert.is_nil(step())
    assert.is_nil(step())
  end)
end)

describe("kalito.text", function()
  it("measures how alike texts are", function()
    assert.are.equal(1, text.similar("Likes green tea.", "likes GREEN tea"))
    assert.are.equal(0, text.similar("one", "two"))
    assert.is_true(text.similar("The user likes green tea", "User likes green tea") > 0.6)
  end)

  it("finds the alike of a list", function()
    local list = { "The user likes green tea", "We sail to Oslo", "User likes green tea", "We sail to Oslo!" }
    assert.are.same({ { 1, 3 }, { 2, 4 } }, text.alike(list, 0.6))
    assert.are.same({}, text.alike({}, 0.6))
    assert.has_error(function() text.alike({ "a", 2 }, 0.6) end)
    assert.has_error(function() text.alike(list, 0) end)
    for i = 1, 257 do list[i] = "a" end
    assert.has_error(function() text.alike(list, 0.6) end, "bad argument #1 to 'alike' (has more than 256 texts)")
  end)

  it("estimates tokens", function()
    assert.are.equal(0, text.tokens "")
    assert.are.equal(1, text.tokens "the")
    assert.is_true(text.tokens(("x"):rep(4000)) >= 1000)
  end)

  it("tells valid text from other bytes", function()
    assert.are.same({ true }, { text.valid "ok ü" })
    assert.are.same({ false, 3 }, { text.valid "ab\xff" })
    assert.are.same({ false, 2 }, { text.valid "a\0b" })
  end)
end)
