-- Values as text for people.

local kalito = require "kalito"
local pretty = require "kalito.terminal.pretty"
local layout = require "kalito.terminal.layout"

local function show(value, options)
  options = options or {}
  options.width = options.width or 80
  return pretty.format(value, options)
end

local function widest(text)
  local most = 0
  for line in text:gmatch "[^\n]+" do most = math.max(most, kalito.system.width(line)) end
  return most
end

describe("a value", function()
  it("that is no table is shown as Lua writes it", function()
    assert.are.equal("nil", show(nil))
    assert.are.equal("true", show(true))
    assert.are.equal("1", show(1))
    assert.are.equal("1.0", show(1.0))
    assert.are.equal("9007199254740993", show(9007199254740993))
    assert.are.equal('"a\\"b\\\\c"', show 'a"b\\c')
    assert.are.equal("kalito.json.null", show(kalito.json.null))
  end)

  it("shows what could steer a terminal, and bytes that are no UTF-8", function()
    assert.are.equal([["\x1b[31m\n\x00\xff\x9b"]], show "\27[31m\n\0\xff\u{9b}")
    assert.are.equal([["\u{202e}abc"]], show "\u{202e}abc")
    assert.are.equal('{ ["\\x1b"] = "\\x07" }', show { ["\27"] = "\7" })
  end)

  it("has its keys sorted: numbers, then texts, then all others", function()
    assert.are.equal('{ 1, 2, [0] = 0, [2.5] = 3, ["a b"] = 4, ["end"] = 5, z = 6, [true] = 7 }',
      show { 1, 2, [0] = 0, [2.5] = 3, z = 6, ["a b"] = 4, ["end"] = 5, [true] = 7 })
  end)

  it("is broken into lines where it does not fit, and no line is wider", function()
    local value = { name = ("x"):rep(30), list = {}, inner = { alpha = ("y"):rep(20), beta = 2 } }
    for i = 1, 40 do value.list[i] = i end
    local text = show(value, { width = 40 })
    assert.truthy(widest(text) <= 44, text)
    assert.truthy(text:find("\n  inner = {\n    alpha = ", 1, true), text)
    assert.truthy(text:find("\n    1, 2, 3,", 1, true), text)
  end)

  it("is cut at a depth, at a number of entries, and at a length of texts", function()
    assert.are.equal("{ { {…} } }", show({ { { 1 } } }, { depth = 2 }))
    assert.are.equal("{ 1, 2, … 3 more }", show({ 1, 2, 3, 4, 5 }, { items = 2 }))
    assert.are.equal('{ a = 1, … 1 more }', show({ a = 1, b = 2 }, { items = 1 }))
    assert.are.equal('{ "abcdefghi"… (100 bytes) }', show({ "abcdefghij" .. ("x"):rep(90) }, { text = 10 }))
  end)

  it("that contains itself does not loop, and one that is there twice is no circle", function()
    local t, shared = {}, { 1 }
    t.me = t
    assert.are.equal("{ me = <circle> }", show(t))
    assert.are.equal("{ a = { 1 }, b = { 1 } }", show { a = shared, b = shared })
  end)

  it("of any size gives a text of bounded size", function()
    local function tree(depth)
      local t = {}
      for i = 1, depth == 0 and 0 or 30 do t[i] = { tree(depth - 1), "text" } end
      return t
    end
    assert.truthy(#show(tree(3), { depth = 10 }) < 1000000)
    assert.truthy(#show(("x"):rep(1 << 20)) < 10000)
  end)

  it("shows itself where it can, and an error in that stays inside", function()
    assert.are.equal("my\ntext\\x1b", show(setmetatable({}, { __tostring = function() return "my\ntext\27" end })))
    assert.truthy(show(setmetatable({}, { __tostring = function() error "no" end })):find("__tostring: ", 1, true))
    assert.truthy(show(setmetatable({}, { __tostring = function() return {} end })):find("__tostring", 1, true))
    local db = kalito.open(":memory:", { create = true })
    assert.are.equal("kalito.store (open)", show(db))
    db.close()
  end)

  it("runs no other metamethod", function()
    local function refuse() error "ran" end
    local hostile = setmetatable({ 1, x = 2 }, { __index = refuse, __pairs = refuse, __len = refuse, __eq = refuse,
      __lt = refuse, __metatable = refuse })
    assert.are.equal("{ 1, x = 2 }", show(hostile))
    assert.are.equal("{ { 1, x = 2 } }", show { hostile })
  end)
end)

describe("a list of rows", function()
  it("is a table under its fields: well-known ones first, long texts last, numbers to the right", function()
    local rows = {
      { text = "hello", id = 1, name = "a", score = 0.5, other = "x" },
      { text = "lo\nng", id = 22, score = 10, other = "y" },
    }
    assert.are.equal("id  name  score  other  text\n 1  a       0.5  x      hello\n22           10  y      lo\\nng",
      show(rows))
  end)

  it("fits the width: columns become narrower, and the least known are left out", function()
    local row = { id = ("i"):rep(36), name = "Trip", text = ("t"):rep(200) }
    row.zeta, row.alpha = ("z"):rep(50), ("a"):rep(50)
    for _, width in ipairs { 40, 60, 80, 120 } do
      local text = show({ row, row }, { width = width })
      assert.truthy(widest(text) <= width, width .. "\n" .. text)
      assert.truthy(text:find "^id ", text)
      assert.truthy(text:find("ttt", 1, true), text)
    end
    assert.truthy(show({ row }, { width = 40 }):find("… also: .*alpha"))
  end)

  it("keeps wide characters in their columns", function()
    assert.are.equal("id  text\n 1  漢字\n 2  ab", show { { id = 1, text = "漢字" }, { id = 2, text = "ab" } })
    local text = show({ { id = 1, text = ("漢"):rep(50) } }, { width = 20 })
    assert.truthy(widest(text) <= 20, text)
  end)

  it("has no column in which nothing stands, and says how many rows are not shown", function()
    local rows = {}
    for i = 1, 150 do rows[i] = { id = i, empty = "" } end
    local text = show(rows)
    assert.truthy(text:find("^ id\n"))
    assert.falsy(text:find "empty")
    assert.truthy(text:find "… 50 more rows$")
  end)

  it("is one only when every entry is a plain row", function()
    assert.are.equal("{ { a = 1 }, 2 }", show { { a = 1 }, 2 })
    assert.are.equal("{ { a = 1 }, x = 2 }", show { { a = 1 }, x = 2 })
    assert.are.equal("{ { 1, 2 }, { 3 } }", show { { 1, 2 }, { 3 } })
    assert.are.equal("{}", show {})
  end)
end)

describe("the layout", function()
  it("cuts a text by cells, not by bytes", function()
    assert.are.equal("abc", layout.shorten("abc", 3))
    assert.are.equal("ab…", layout.shorten("abcd", 3))
    assert.are.equal("漢…", layout.shorten("漢字漢字", 4))
  end)

  it("puts words side by side as far as they fit", function()
    assert.are.equal("a    bb\nccc", layout.columns({ "a", "bb", "ccc" }, 10))
    assert.are.equal("a\nbb", layout.columns({ "a", "bb" }, 2))
  end)
end)
