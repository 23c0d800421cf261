-- lore_automaton.lua: does a key of a lorebook occur in a text? Keys are regular expressions, or texts that may stand
-- inside a word or must have their case. The time grows with the text and with the expression, never with a power:
-- an automaton that does not go back (K. Thompson, Regular Expression Search Algorithm, CACM 11(6), 1968), whose
-- states are made when they are first met.

local lore_regex = require "kalito.card.lore_regex"

local M = {}

local KEPT <const> = 2000 -- steps that are remembered

local is_word, other_case = lore_regex.is_word, lore_regex.other_case

-- ---- building ----

-- A part of the automaton: `test` reads a character, `anchor` asks for a place, `ways` lead on without either.
local function node(a, part)
  a.size = a.size + 1
  part.id = a.size
  return part
end

-- Whether a part reads a character: in either case first, and then not, where it is negated.
local function test_of(a, part)
  local test, negated = part.test, part.negated or false
  if not a.any_case and not negated then return test end
  return function(c) return (test(c) or a.any_case and test(other_case(c))) ~= negated end
end

local build

local function build_repeat(a, part, out)
  if not part.most then
    local loop = node(a, { ways = { out } })
    loop.ways[2] = build(a, part.of, loop)
    out = part.least == 0 and loop or loop.ways[2]
    for _ = 2, part.least do out = build(a, part.of, out) end
    return out
  end
  for _ = part.least + 1, part.most do out = node(a, { ways = { build(a, part.of, out), out } }) end
  for _ = 1, part.least do out = build(a, part.of, out) end
  return out
end

-- Builds what a part stands for, in front of `out`; gives where it begins.
function build(a, part, out)
  if part.of then return build_repeat(a, part, out) end
  if part.either then
    local ways = {}
    for i, one in ipairs(part.either) do ways[i] = build(a, one, out) end
    return node(a, { ways = ways })
  end
  if part.list then
    for i = #part.list, 1, -1 do out = build(a, part.list[i], out) end
    return out
  end
  return node(a, { test = part.test and test_of(a, part), anchor = part.anchor, out = out })
end

---@class kalito.Automaton its parts, and the states met so far
---@field start table
---@field size integer

---@param pattern string a regular expression without the slashes around it
---@param flags? string those of JavaScript: i and s count
---@return kalito.Automaton? automaton, string? problem why it is not understood
function M.compile(pattern, flags)
  local tree, problem = lore_regex.read(pattern, flags or "")
  if not tree then return nil, problem end
  local a = { any_case = (flags or ""):find "i" ~= nil, size = 0, states = {}, kept = 0 }
  a.start = build(a, tree, node(a, { found = true }))
  return a
end

---An expression that finds a text as it stands.
---@param text string
---@param how { whole?: boolean, any_case?: boolean } whole: not inside a word
---@return kalito.Automaton? automaton, string? problem
function M.literal(text, how)
  local pattern = text:gsub("[%^%$%.%*%+%?%(%)%[%]{}|\\/]", "\\%0"):gsub("%s+", "\\s+")
  if how.whole then
    local first, last = utf8.codepoint(text), utf8.codepoint(text, utf8.offset(text, -1))
    pattern = (is_word(first) and "\\b" or "") .. pattern .. (is_word(last) and "\\b" or "")
  end
  return M.compile(pattern, how.any_case and "i" or "")
end

-- ---- finding ----

local HOLDS <const> = {
  begin = function(before) return not before or before == 10 end,
  ["end"] = function(_, after) return not after or after == 10 end,
  edge = function(before, after) return (before ~= nil and is_word(before)) ~= (after ~= nil and is_word(after)) end,
}
function HOLDS.inside(before, after) return not HOLDS.edge(before, after) end

-- Walks on without reading, from the parts of a state and from the start: the parts that read, or true when the end
-- is reached.
local function reached(a, state, after)
  local todo, seen, readers = { a.start, table.unpack(state.parts) }, {}, {}
  while #todo > 0 do
    local part = table.remove(todo)
    if part.found then return true end
    if not seen[part] then
      seen[part] = true
      if part.test then readers[#readers + 1] = part end
      if part.ways then table.move(part.ways, 1, #part.ways, #todo + 1, todo) end
      if part.anchor and HOLDS[part.anchor](state.before, after) then todo[#todo + 1] = part.out end
    end
  end
  return readers
end

-- What a state depends on of the character before it: a letter, a line end, or neither.
local function kind_of(c)
  return c == 10 and 10 or is_word(c) and 97 or 32
end

local function state_of(a, parts, before)
  table.sort(parts, function(x, y) return x.id < y.id end)
  local ids = {}
  for i, part in ipairs(parts) do ids[i] = part.id end
  local name = table.concat(ids, ",") .. ":" .. (before or "")
  a.states[name] = a.states[name] or { parts = parts, before = before, to = {} }
  return a.states[name]
end

-- The state after a character; true when the expression was found before it.
local function step(a, state, c)
  local readers, parts, there = reached(a, state, c), {}, {}
  if readers == true then return true end
  for _, part in ipairs(readers) do
    if not there[part.out] and part.test(c) then
      parts[#parts + 1] = part.out
      there[part.out] = true
    end
  end
  return state_of(a, parts, kind_of(c))
end

---Does it occur? Deterministic: what it may cost is counted, not timed.
---@param a kalito.Automaton
---@param text string
---@param work { left: integer } what this and others may still cost; nothing is found when it is spent
---@return boolean
function M.occurs(a, text, work)
  local state = state_of(a, {}, nil)
  for _, c in utf8.codes(text) do
    local following = state.to[c]
    if not following then
      if a.kept >= KEPT then
        a.states, a.kept = {}, 0
        state = state_of(a, state.parts, state.before)
      end
      following = step(a, state, c)
      state.to[c], a.kept = following, a.kept + 1
      work.left = work.left - a.size
    end
    work.left = work.left - 1
    if following == true then return true end
    if work.left <= 0 then return false end
    state = following
  end
  return reached(a, state, nil) == true
end

return M
