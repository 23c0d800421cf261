-- kept.lua: what a character card asks for that kalito keeps for export and does not obey, so that whoever takes a
-- card in is told.

local kalito = package.loaded.kalito
local card_reader = require "kalito.card.read"
local lore_book = require "kalito.card.lore_book"

local M = {}

local get = card_reader.get

-- Does a value ask for anything?
local function is_set(value)
  if type(value) == "table" then return next(value) ~= nil end
  return value ~= nil and value ~= kalito.json.null and value ~= false and value ~= 0 and value ~= ""
end

-- Of the card, and of its extensions: those of SillyTavern that steer what a model is told.
local DATA <const> = { "post_history_instructions", "group_only_greetings" }
local CARD <const> = { "regex_scripts", "world" }
-- Of the extensions of an entry.
local ENTRY <const> = { "group", "sticky", "cooldown", "delay", "vectorized", "triggers", "characterFilter",
  "match_persona_description", "match_character_description", "match_character_personality",
  "match_character_depth_prompt", "match_scenario", "match_creator_notes" }

local function extensions_of(object)
  local extensions = get(object, "extensions")
  return type(extensions) == "table" and extensions or {}
end

-- Where an entry wants to stand, unless it is where it stands: behind the persona's prompt.
local function place_of(entry)
  local number = extensions_of(entry).position
  if type(number) == "number" then return number ~= 1 end
  return get(entry, "position") == "before_char"
end

local function of_entry(entry)
  local names, said = {}, lore_book.decorators(get(entry, "content") or "")
  if place_of(entry) then names[1] = "position" end
  for _, name in ipairs(ENTRY) do
    if is_set(extensions_of(entry)[name]) then names[#names + 1] = name end
  end
  for name in pairs(said) do
    if not lore_book.OBEYED[name] then names[#names + 1] = "@@" .. name end
  end
  return names
end

local SHOWN <const> = 5 -- numbers of entries in one line

local function numbered(name, numbers)
  local shown = table.concat(numbers, ", ", 1, math.min(SHOWN, #numbers))
  if #numbers > SHOWN then shown = ("%s and %d more"):format(shown, #numbers - SHOWN) end
  return ("%s of %s %s"):format(name, #numbers == 1 and "entry" or "entries", shown)
end

local function of_book(book, list)
  local numbers, names = {}, {}
  for i, entry in ipairs(get(book, "entries") or {}) do
    for _, name in ipairs(get(entry, "enabled") ~= false and of_entry(entry) or {}) do
      if not numbers[name] then
        numbers[name] = {}
        names[#names + 1] = name
      end
      table.insert(numbers[name], i)
    end
  end
  table.sort(names)
  for _, name in ipairs(names) do list[#list + 1] = numbered(name, numbers[name]) end
end

---What is kept and not obeyed, in words.
---@param card kalito.CharacterCard
---@return string[]
function M.of(card)
  local list = {}
  if card.spec == "v1" then return list end
  for _, name in ipairs(DATA) do
    if is_set(card.data[name]) then list[#list + 1] = name end
  end
  local extensions = extensions_of(card.data)
  local depth_prompt = extensions.depth_prompt
  if type(depth_prompt) == "table" and is_set(depth_prompt.prompt) then list[#list + 1] = "depth_prompt" end
  for _, name in ipairs(CARD) do
    if is_set(extensions[name]) then list[#list + 1] = name end
  end
  local book = get(card.data, "character_book")
  if book then of_book(book, list) end
  return list
end

return M
