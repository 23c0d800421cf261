-- lore_key.lua: the keys of a lorebook: whether one occurs in a text. Keys are whole words in any case unless they say
-- otherwise; of regular expressions only those are understood that are lists of words.

local kalito = package.loaded.kalito

local M = {}

-- ---- regular expressions ----

-- "/\b(dragon|wyrm)\b/i" is the words dragon and wyrm in any case. Nil: it says more than that.
local function words_of(pattern)
  local inner, flags = pattern:match "^/(.+)/(%a*)$"
  inner = (inner or pattern):gsub("^\\b", ""):gsub("\\b$", "")
  inner = inner:match "^%(%?:([^()]*)%)$" or inner:match "^%(([^()]*)%)$" or inner
  local list = {}
  for word in (inner .. "|"):gmatch "(.-)|" do
    word = word:gsub("^\\b", ""):gsub("\\b$", ""):gsub("\\([%p])", function(c) return ("\1%02x"):format(c:byte()) end)
    if word == "" or word:find "[%^%$%.%*%+%?%(%)%[%]{}\\]" then return nil end
    list[#list + 1] = word:gsub("\1(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)
  end
  return list, (flags or ""):find "i" ~= nil
end

-- ---- compiling ----

---@class kalito.LoreKeys
---@field set kalito.words
---@field exact table<string, boolean> words that must have their case
---@field of table<string, string> word -> the key it came from
---@field skipped string[] keys that are not understood

-- An English plural is the same word.
local function forms_of(word)
  return word:find "%a$" and not word:find "[sS]$" and { word, word .. "s" } or { word }
end

local WORDS <const> = 10000 -- of one entry

local function add(keys, list, key, word, exact)
  for _, form in ipairs(forms_of(word)) do
    if #form <= 255 and not keys.of[form] and #list < WORDS then
      keys.of[form], keys.exact[form] = key, exact
      list[#list + 1] = form
    end
  end
end

---@param keys string[]
---@param entry { regex?: boolean, exact?: boolean }
---@return kalito.LoreKeys
function M.compile(keys, entry)
  local out, list = { exact = {}, of = {}, skipped = {} }, {}
  for _, key in ipairs(keys) do
    local words, exact = { key:match "^%s*(.-)%s*$" }, entry.exact or false
    if entry.regex or key:find "^/.+/%a*$" then
      local any_case
      words, any_case = words_of(key)
      exact = not any_case
    end
    if not words then out.skipped[#out.skipped + 1] = key end
    for _, word in ipairs(words or {}) do
      if word:find "%S" then add(out, list, key, word, exact) end
    end
  end
  out.set = kalito.text.words(list)
  return out
end

-- ---- finding ----

-- Is the word at this place, in its own case and whole?
local function exactly(text, word, at)
  local function part_of_word(byte) return byte and string.char(byte):find "[%w_\x80-\xFF]" end
  if text:sub(at, at + #word - 1) ~= word then return false end
  return not (part_of_word(text:byte(at - 1)) and at > 1) and not part_of_word(text:byte(at + #word))
end

---The key that occurs first in a text.
---@param keys kalito.LoreKeys
---@param text string
---@return string? key
function M.find(keys, text)
  local from = 1
  while true do
    local word, at = keys.set:find(text, from)
    if not word then return nil end
    if not keys.exact[word] or exactly(text, word, at) then return keys.of[word] end
    from = at + 1
  end
end

return M
