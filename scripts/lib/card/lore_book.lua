-- lore_book.lua: the lorebook of a character card, made ready for finding: keys compiled, decorators read, what is
-- switched off left out. Which entries a context gets is for lore.lua.

local card_reader = require "kalito.card.read"
local lore_key = require "kalito.card.lore_key"

local M = {}

local get = card_reader.get

local DEPTH <const> = 4 -- messages that are looked through, the new one among them

---@class kalito.Lorebook
---@field entries table[] in their order
---@field depth integer messages that are looked through
---@field reach integer the most that an entry looks through
---@field recursive? boolean entries may lead to others
---@field tokens? number what all of them may take
---@field skipped string[] keys that are not understood

-- ---- entries ----

-- The lines "@@name value" that version 3 allows at the front of a text.
local function decorators(text)
  local found, at = {}, 1
  while true do
    local line, after = text:match("^%s*(@@[^\n]*)()", at)
    if not line then return found, text:sub(at) end
    local name, value = line:match "^@@([%w_]+)%s*(.-)%s*$"
    if name then found[name] = value end
    at = after
  end
end

local function listed(text)
  local list = {}
  for word in (text or ""):gmatch "[^,]+" do list[#list + 1] = word end
  return list
end

local function joined(keys, more)
  return table.move(more, 1, #more, #keys + 1, table.move(keys, 1, #keys, 1, {}))
end

local function messages(value, otherwise)
  return math.floor(math.max(1, math.min(value or otherwise, 100)))
end

-- An entry made ready for finding; nil when it is switched off.
local function compile(entry, number)
  local said, content = decorators(get(entry, "content") or "")
  if get(entry, "enabled") == false or said.dont_activate or not content:find "%S" then return nil end
  local how = { regex = get(entry, "use_regex"), exact = get(entry, "case_sensitive") }
  local second = get(entry, "selective") and get(entry, "secondary_keys") or {}
  return {
    number = number, content = content, order = get(entry, "insertion_order") or 0,
    priority = get(entry, "priority") or 0, always = get(entry, "constant") or said.activate ~= nil,
    keys = lore_key.compile(joined(get(entry, "keys") or {}, listed(said.additional_keys)), how),
    second = #second > 0 and lore_key.compile(second, how) or nil,
    without = said.exclude_keys and lore_key.compile(listed(said.exclude_keys), how),
    depth = tonumber(said.scan_depth) and messages(tonumber(said.scan_depth)),
  }
end

-- Before which part of the entries it is by priority, 0 to 1: what is left out first has 0.
local function rank(entries)
  local order = table.move(entries, 1, #entries, 1, {})
  table.sort(order, function(a, b)
    if a.priority ~= b.priority then return a.priority < b.priority end
    return a.number > b.number
  end)
  for i, entry in ipairs(order) do entry.rank = (i - 1) / #order end
end

-- ---- the book ----

local function read(given)
  local book = { entries = {}, skipped = {}, depth = messages(get(given, "scan_depth"), DEPTH),
    recursive = get(given, "recursive_scanning"), tokens = get(given, "token_budget") }
  book.reach = book.depth
  for i, entry in ipairs(get(given, "entries") or {}) do
    local made = compile(entry, i)
    book.entries[#book.entries + 1] = made
    for _, keys in pairs(made and { made.keys, made.second } or {}) do
      table.move(keys.skipped, 1, #keys.skipped, #book.skipped + 1, book.skipped)
    end
    book.reach = math.max(book.reach, made and made.depth or 0)
  end
  rank(book.entries)
  return book
end

---The lorebook of a card; kept with the card.
---@param card kalito.CharacterCard
---@return kalito.Lorebook? book nil: it has none
function M.of(card)
  if card.book == nil then
    local given = card.spec ~= "v1" and get(card.data, "character_book")
    card.book = given and read(given) or false
  end
  return card.book or nil
end

return M
