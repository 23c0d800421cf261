-- lore_key.lua: the keys of a lorebook: whether one occurs in a text. A key is a whole word or phrase in any case, and
-- its English plural; an entry may ask for its case or look inside words, and a key may be a regular expression.

local kalito = package.loaded.kalito
local lore_automaton = require "kalito.card.lore_automaton"

local M = {}

---@class kalito.LoreKeys
---@field set kalito.words
---@field of table<string, string> word -> the key it came from
---@field patterns { key: string, automaton: kalito.Automaton }[]
---@field skipped { key: string, problem: string }[] keys that are not understood

---How the keys of an entry are meant.
---@class kalito.LoreHow
---@field regex? boolean keys without slashes are regular expressions, too
---@field exact? boolean the case counts
---@field inside? boolean a key may stand inside a word

local WORDS <const>, BYTES <const> = 10000, 255 -- words of one entry, bytes of one

-- An English plural is the same word.
local function forms_of(word)
  return word:find "%a$" and not word:find "[sS]$" and { word, word .. "s" } or { word }
end

local function add_words(out, list, key)
  for _, form in ipairs(forms_of(key)) do
    if not out.of[form] and #list < WORDS then
      out.of[form] = key
      list[#list + 1] = form
    end
  end
end

-- What a key is when words do not say it; nil, nil: they do.
local function automaton_of(key, how)
  local inner, flags = key:match "^/(.+)/([dgimsuvy]*)$"
  local is_path = inner and inner:gsub("\\.", ""):find("/", 1, true)
  if inner and not is_path then return lore_automaton.compile(inner, flags) end
  if how.regex and key:find "[%^%$%.%*%+%?%(%)%[%]{}|\\]" then return lore_automaton.compile(key) end
  if how.exact or how.inside then
    return lore_automaton.literal(key, { whole = not how.inside, any_case = not how.exact })
  end
  return nil, #key > BYTES and ("it has more than %d bytes"):format(BYTES) or nil
end

---@param keys string[]
---@param how kalito.LoreHow
---@return kalito.LoreKeys
function M.compile(keys, how)
  local out, list = { of = {}, patterns = {}, skipped = {} }, {}
  for _, given in ipairs(keys) do
    local key = given:match "^%s*(.-)%s*$"
    local automaton, problem = automaton_of(key, how)
    if automaton then
      out.patterns[#out.patterns + 1] = { key = key, automaton = automaton }
    elseif problem then
      out.skipped[#out.skipped + 1] = { key = key, problem = problem }
    elseif key ~= "" then
      add_words(out, list, key)
    end
  end
  out.set = kalito.text.words(list)
  return out
end

---A key that occurs in a text.
---@param keys kalito.LoreKeys
---@param text string
---@param work { left: integer } what looking for patterns may still cost
---@return string? key
function M.find(keys, text, work)
  local word = keys.set:find(text, 1)
  if word then return keys.of[word] end
  for _, pattern in ipairs(keys.patterns) do
    if lore_automaton.occurs(pattern.automaton, text, work) then return pattern.key end
  end
end

return M
