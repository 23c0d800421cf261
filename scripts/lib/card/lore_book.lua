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
---@field skipped { key: string, problem: string, number: integer }[] keys that are not understood, and whose they are

-- ---- entries ----

---Decorators that are obeyed.
M.OBEYED = { scan_depth = true, additional_keys = true, exclude_keys = true, activate = true, dont_activate = true }

---The lines "@@name value" that version 3 allows at the front of a text. One with three signs stands in for the one
---before it when that is not obeyed.
---@param text string
---@return table<string, string> said, string content what follows them
function M.decorators(text)
  local found, at, obeyed = {}, 1, false
  while true do
    local line, after = text:match("^%s*(@@[^\n]*)()", at)
    if not line then return found, text:sub(at) end
    local third, name, value = line:match "^@@(@?)([%w_]+)%s*(.-)%s*$"
    if name and (third == "" or not obeyed) then
      found[name], obeyed = found[name] or value, M.OBEYED[name] or false
    end
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

-- A field of the kind that is wanted, or nil: nobody checks what stands in extensions.
local function extension(entry, name, kind)
  local extensions = get(entry, "extensions")
  local value = type(extensions) == "table" and get(extensions, name)
  return type(value) == kind and value or nil
end

-- How the keys of an entry are meant. SillyTavern says use_regex of all of its entries, and means keys with slashes.
local function how_of(entry)
  local tavern = extension(entry, "selectiveLogic", "number") or extension(entry, "display_index", "number")
  local exact = get(entry, "case_sensitive")
  if exact == nil then exact = extension(entry, "case_sensitive", "boolean") end
  local extensions = get(entry, "extensions")
  return { regex = get(entry, "use_regex") and not tavern, exact = exact,
    inside = type(extensions) == "table" and extensions.match_whole_words == false }
end

-- What SillyTavern calls "and any" (0), "not all" (1), "not any" (2) and "and all" (3): whether all of the second keys
-- are meant, and whether they must occur.
local LOGIC <const> = { [0] = { occurs = true }, { all = true }, {}, { all = true, occurs = true } }

-- What must hold of the text beside the keys: every one of `keys` occurs, or not.
local function conditions(entry, said, how)
  local list, second = {}, get(entry, "selective") and get(entry, "secondary_keys") or {}
  if #second > 0 then
    local logic = LOGIC[extension(entry, "selectiveLogic", "number") or 0] or LOGIC[0]
    local sets = {}
    for i, key in ipairs(logic.all and second or {}) do sets[i] = lore_key.compile({ key }, how) end
    if not logic.all then sets[1] = lore_key.compile(second, how) end
    list[1] = { sets = sets, occurs = logic.occurs or false }
  end
  if said.exclude_keys then
    list[#list + 1] = { sets = { lore_key.compile(listed(said.exclude_keys), how) }, occurs = false }
  end
  return list
end

-- The share of turns in which an entry comes when it is called for, in percent; nil: all.
local function chance(entry)
  local percent = extension(entry, "probability", "number")
  return percent and percent < 100 and extension(entry, "useProbability", "boolean") and percent or nil
end

-- An entry made ready for finding; nil when it is switched off.
local function compile(entry, number)
  local said, content = M.decorators(get(entry, "content") or "")
  if get(entry, "enabled") == false or said.dont_activate or not content:find "%S" then return nil end
  local how = how_of(entry)
  local depth = tonumber(said.scan_depth) or extension(entry, "scan_depth", "number")
  return {
    number = number, content = content, order = get(entry, "insertion_order") or 0,
    priority = get(entry, "priority") or 0, always = get(entry, "constant") or said.activate ~= nil,
    keys = lore_key.compile(joined(get(entry, "keys") or {}, listed(said.additional_keys)), how),
    conditions = conditions(entry, said, how), chance = chance(entry), depth = depth and messages(depth),
    first_only = extension(entry, "exclude_recursion", "boolean"),
    leads_nowhere = extension(entry, "prevent_recursion", "boolean"),
    led_only = extension(entry, "delay_until_recursion", "boolean")
      or (extension(entry, "delay_until_recursion", "number") or 0) > 0,
  }
end

-- Before which part of the entries it is, 0 to 1: what is left out first has 0. By priority, then as in the text.
local function rank(entries)
  local order = table.move(entries, 1, #entries, 1, {})
  table.sort(order, function(a, b)
    if a.priority ~= b.priority then return a.priority < b.priority end
    if a.order ~= b.order then return a.order < b.order end
    return a.number > b.number
  end)
  for i, entry in ipairs(order) do entry.rank = (i - 1) / #order end
end

-- ---- the book ----

-- The keys of an entry that are not understood.
local function add_skipped(list, entry)
  local sets = { entry.keys }
  for _, condition in ipairs(entry.conditions) do table.move(condition.sets, 1, #condition.sets, #sets + 1, sets) end
  for _, set in ipairs(sets) do
    for _, key in ipairs(set.skipped) do
      list[#list + 1] = { key = key.key, problem = key.problem, number = entry.number }
    end
  end
end

local function read(given)
  local book = { entries = {}, skipped = {}, depth = messages(get(given, "scan_depth"), DEPTH),
    recursive = get(given, "recursive_scanning"), tokens = get(given, "token_budget") }
  book.reach = book.depth
  for i, entry in ipairs(get(given, "entries") or {}) do
    local made = compile(entry, i)
    book.entries[#book.entries + 1] = made
    if made then
      add_skipped(book.skipped, made)
      book.reach = math.max(book.reach, made.depth or 0)
    end
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
