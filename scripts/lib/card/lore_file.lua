-- lore_file.lua: lorebooks of their own: `lorebook_v3`, the bare book of a card, and the world info of SillyTavern, as
-- the book that a character card holds. What is not known of an entry is kept in its extensions.

local kalito = package.loaded.kalito

local M = {}

local array = kalito.json.array

-- Names of SillyTavern -> those of cards.
local NAMES <const> = { key = "keys", keysecondary = "secondary_keys", content = "content", comment = "comment",
  order = "insertion_order", constant = "constant", selective = "selective", uid = "id" }
-- Names of SillyTavern's world info -> those that it gives them in a card's extensions. Others are kept as they are.
local EXTENSIONS <const> = {}
for name in ([[displayIndex outletName groupOverride groupWeight useGroupScoring automationId ignoreBudget scanDepth
  caseSensitive matchWholeWords excludeRecursion preventRecursion delayUntilRecursion matchPersonaDescription
  matchCharacterDescription matchCharacterPersonality matchCharacterDepthPrompt matchScenario matchCreatorNotes]])
  :gmatch "%a+" do
  EXTENSIONS[name] = name:gsub("%u", function(letter) return "_" .. letter:lower() end)
end
-- Said in another way as well.
local SAID <const> = { disable = true, position = true }

-- An entry of world info as one of a card.
local function entry_of(given)
  local entry, extensions = { keys = array {}, content = "", insertion_order = 0 }, {}
  for name, value in pairs(given) do
    if NAMES[name] and value ~= kalito.json.null then
      entry[NAMES[name]] = value
    elseif not SAID[name] then
      extensions[EXTENSIONS[name] or name] = value
    end
  end
  entry.enabled = given.disable ~= true
  if type(given.caseSensitive) == "boolean" then entry.case_sensitive = given.caseSensitive end
  entry.position = given.position == 0 and "before_char" or "after_char"
  if given.position ~= nil then extensions.position = given.position end
  entry.extensions = extensions
  return entry
end

-- World info holds its entries under their numbers.
local function of_world(root)
  local numbers, book = {}, { extensions = {}, entries = array {} }
  for name, value in pairs(root) do
    if name == "name" or name == "description" then
      book[name] = value
    elseif name ~= "entries" then
      book.extensions[name] = value
    end
  end
  for name, entry in pairs(root.entries) do
    local number = math.tointeger(tonumber(name))
    if not number or type(entry) ~= "table" then return nil, ("entries.%s is no entry"):format(name) end
    numbers[#numbers + 1] = number
  end
  table.sort(numbers)
  for i, number in ipairs(numbers) do book.entries[i] = entry_of(root.entries[tostring(number)]) end
  return book
end

---The book that a decoded file holds; nil when it is no lorebook.
---@param root table
---@return table? book, string? message
function M.book(root)
  if root.spec == "lorebook_v3" then
    if type(root.data) == "table" and type(root.data.entries) == "table" then return root.data end
    return nil, "data.entries is missing"
  end
  if root.spec ~= nil or type(root.entries) ~= "table" then return nil end
  if getmetatable(root.entries) then return root end -- a list, as in a card
  return of_world(root)
end

return M
