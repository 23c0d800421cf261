-- lore_regex.lua: reads the regular expressions of lorebook keys: JavaScript's, as cards write them. Gives a tree;
-- lore_automaton.lua finds it in a text. Not understood, because that needs going back in the text: what looks ahead
-- or behind, and repeats of what a group found. ^ and $ are the ends of a line.

local M = {}

local LENGTH <const> = 1000 -- bytes of an expression
local SIZE <const> = 500    -- parts that it is made of, repeats counted out

-- ---- characters ----

-- Upper case, first and last, its distance from lower case, and the step.
local CASES <const> = { { 65, 90, 32, 1 }, { 0xC0, 0xD6, 32, 1 }, { 0xD8, 0xDE, 32, 1 }, { 0x100, 0x136, 1, 2 },
  { 0x139, 0x147, 1, 2 }, { 0x14A, 0x176, 1, 2 }, { 0x179, 0x17D, 1, 2 }, { 0x391, 0x3A9, 32, 1 },
  { 0x400, 0x40F, 80, 1 }, { 0x410, 0x42F, 32, 1 } }

---A letter in its other case; any other character itself.
---@param c integer
---@return integer
function M.other_case(c)
  for _, case in ipairs(CASES) do
    local first, last, distance, step = table.unpack(case)
    if c >= first and c <= last and (c - first) % step == 0 then return c + distance end
    local upper = c - distance
    if upper >= first and upper <= last and (upper - first) % step == 0 then return upper end
  end
  return c
end

local function is_digit(c) return c >= 48 and c <= 57 end
local function is_space(c) return c >= 9 and c <= 13 or c == 32 or c == 0xA0 or c == 0x3000 end

---Of words whose alphabet puts blanks between them.
---@param c integer
---@return boolean
function M.is_word(c)
  if c < 128 then return is_digit(c) or c == 95 or (c | 32) >= 97 and (c | 32) <= 122 end
  return c >= 0xC0 and c < 0x2000 and c ~= 0xD7 and c ~= 0xF7
end

local function is_not(test)
  return function(c) return not test(c) end
end

local function is_one(wanted)
  return function(c) return c == wanted end
end

local CLASSES <const> = { d = is_digit, s = is_space, w = M.is_word, D = is_not(is_digit), S = is_not(is_space),
  W = is_not(M.is_word) }
local CONTROLS <const> = { n = 10, r = 13, t = 9, f = 12, v = 11, ["0"] = 0 }

-- ---- reading: a text as a tree ----

-- A reader: chars and the place in it. Raises { problem = } for what is not understood.
local function refuse(what)
  error({ problem = what }, 0)
end

local function peek(r) return r.chars[r.at] end

local function take(r)
  local char = r.chars[r.at] or refuse "it ends too soon"
  r.at = r.at + 1
  return char
end

local function taken(r, char)
  if peek(r) ~= char then return false end
  r.at = r.at + 1
  return true
end

-- The code point of \xHH, \uHHHH or \u{H...}; nil: it is only the letter.
local function hexadecimal(r, digits)
  local rest = table.concat(r.chars, "", r.at, math.min(#r.chars, r.at + 9))
  local hex = rest:match("^" .. ("%x"):rep(digits))
  local braced = digits == 4 and rest:match "^{(%x+)}"
  r.at = r.at + (braced and #braced + 2 or hex and digits or 0)
  return tonumber(braced or hex or "", 16)
end

-- What a backslash makes of the next character: a class, or a code point.
local function escaped(r)
  local char = take(r)
  if CLASSES[char] then return CLASSES[char] end
  if CONTROLS[char] then return nil, CONTROLS[char] end
  if char:find "^[1-9k]$" then refuse "it repeats what a group found" end
  if char:find "^[pP]$" then refuse "\\p is not known" end
  local code = (char == "x" or char == "u") and hexadecimal(r, char == "x" and 2 or 4)
  return nil, code or utf8.codepoint(char)
end

-- One character of [...], or a class.
local function member(r)
  local char = take(r)
  if char ~= "\\" then return nil, utf8.codepoint(char) end
  if taken(r, "b") then return nil, 8 end
  return escaped(r)
end

local function bracket(r)
  local negated, tests, ranges = taken(r, "^"), {}, {}
  while not taken(r, "]") do
    local class, first = member(r)
    local last = first
    if first and peek(r) == "-" and r.chars[r.at + 1] ~= "]" then
      r.at = r.at + 1
      class, last = member(r)
      if class then refuse "a range ends in a class" end
    end
    if first then ranges[#ranges + 1] = { first, last } else tests[#tests + 1] = class end
  end
  local function holds(c)
    for _, range in ipairs(ranges) do
      if c >= range[1] and c <= range[2] then return true end
    end
    for _, test in ipairs(tests) do
      if test(c) then return true end
    end
    return false
  end
  return { test = holds, negated = negated, size = 1 }
end

local function sized(part, size)
  if size > SIZE then refuse "it is too large" end
  part.size = size
  return part
end

local read_choice

local function group(r)
  if taken(r, "?") and not taken(r, ":") then
    local named = peek(r) == "<" and not (r.chars[r.at + 1] or ""):find "^[=!]$"
    if not named then refuse "it looks ahead or behind" end
    repeat until take(r) == ">"
  end
  local inner = read_choice(r)
  if not taken(r, ")") then refuse "a ( is not closed" end
  return inner
end

local ANCHORS <const> = { ["^"] = "begin", ["$"] = "end" }

local function atom(r)
  local char = take(r)
  if char == "(" then return group(r) end
  if char == "[" then return bracket(r) end
  if char == "." then return { test = r.dotall and function() return true end or is_not(is_one(10)), size = 1 } end
  if ANCHORS[char] then return { anchor = ANCHORS[char], size = 1 } end
  if char:find "^[*+?]$" then refuse("nothing stands before " .. char) end
  if char ~= "\\" then return { test = is_one(utf8.codepoint(char)), size = 1 } end
  if taken(r, "b") then return { anchor = "edge", size = 1 } end
  if taken(r, "B") then return { anchor = "inside", size = 1 } end
  local class, code = escaped(r)
  return { test = class or is_one(code), size = 1 }
end

local TIMES <const> = { ["*"] = { 0 }, ["+"] = { 1 }, ["?"] = { 0, 1 } }

-- How often what was read may come: least, and most (nil: without end). Nil: once.
local function times(r)
  local known = TIMES[peek(r)]
  local text = not known and peek(r) == "{" and table.concat(r.chars, "", r.at):match "^{%d+,?%d*}"
  if text then
    local least, comma, most = text:match "(%d+)(,?)(%d*)"
    known = { tonumber(least), comma == "" and tonumber(least) or tonumber(most) }
  end
  if not known then return nil end
  r.at = r.at + (text and #text or 1)
  taken(r, "?") -- as few as possible finds the same texts
  return known[1], known[2]
end

local function repeated(r, one)
  local least, most = times(r)
  if not least then return one end
  if most and most < least then refuse "a repeat has its ends the wrong way round" end
  return sized({ of = one, least = least, most = most }, 1 + (one.size + 1) * (most or least + 1))
end

local function read_sequence(r)
  local list, size = {}, 1
  while peek(r) and peek(r) ~= "|" and peek(r) ~= ")" do
    list[#list + 1] = repeated(r, atom(r))
    size = size + list[#list].size
  end
  return sized({ list = list }, size)
end

function read_choice(r)
  local either, size = {}, 1
  repeat
    either[#either + 1] = read_sequence(r)
    size = size + either[#either].size
  until not taken(r, "|")
  return #either == 1 and either[1] or sized({ either = either }, size)
end

---Reads an expression.
---@param pattern string without the slashes around it
---@param flags string those of JavaScript; of them only s counts here
---@return table? tree: { test = function, negated = boolean }, { anchor = name }, { list = trees }, { either = trees }
---or { of = tree, least = n, most = n or nil }, string? problem why it is not understood
function M.read(pattern, flags)
  if #pattern > LENGTH then return nil, ("it has more than %d bytes"):format(LENGTH) end
  local r = { chars = {}, at = 1, dotall = flags:find "s" }
  for _, c in utf8.codes(pattern) do r.chars[#r.chars + 1] = utf8.char(c) end
  local fine, tree = pcall(function()
    local whole = read_choice(r)
    if peek(r) then refuse "a ) is not opened" end
    return whole
  end)
  if fine then return tree end
  if type(tree) ~= "table" then error(tree, 0) end
  return nil, tree.problem
end

return M
