-- parts.lua: what a persona is made of from a character card: its row with the prompt, greetings, examples. Pure
-- functions of cards.

local kalito = package.loaded.kalito
local card_file = require "kalito.card.read"
local persona_file = require "kalito.persona"

local M = {}

local get = card_file.get

M.CATEGORY = "character" -- of a persona whose card names none

-- ---- texts ----

local OLD <const> = { USER = "{{user}}", BOT = "{{char}}", CHAR = "{{char}}" }

-- A text of a card with the line ends and the placeholders of today; "" when there is none.
local function clean(card, key)
  local text = (get(card.data, key) or ""):gsub("\r\n?", "\n")
  text = text:gsub("<(%a+)>", function(word) return OLD[word:upper()] end)
  return text:match "^%s*(.-)%s*$"
end

---What {{char}} stands for.
---@param card kalito.CharacterCard
---@return string
function M.char(card)
  local nickname = card.spec == "v3" and get(card.data, "nickname") or ""
  if nickname == "" or #nickname > card_file.NAME then nickname = card.data.name end
  return nickname
end

-- ---- the prompt ----

M.OPENING = "You are {{char}}, talking with {{user}}."

-- {{original}} is filled in once: it is long, and a card may say it often.
local function system_prompt(card, original)
  local text = card.spec == "v1" and "" or clean(card, "system_prompt")
  if text == "" then return M.OPENING end
  text = text:gsub("{{%s*[oO][rR][iI][gG][iI][nN][aA][lL]%s*}}", function() return original end, 1)
  return (text:gsub("{{%s*[oO][rR][iI][gG][iI][nN][aA][lL]%s*}}", ""))
end

---The prompt that a card asks for. {{user}} and {{date}} stay for later.
---@param card kalito.CharacterCard
---@param original string what {{original}} stands for
---@return string
function M.prompt(card, original)
  local parts = { system_prompt(card, original), clean(card, "description") }
  local personality, scenario = clean(card, "personality"), clean(card, "scenario")
  if personality ~= "" then parts[#parts + 1] = "{{char}}'s personality: " .. personality end
  if scenario ~= "" then parts[#parts + 1] = "Scenario: " .. scenario end
  if parts[2] == "" then table.remove(parts, 2) end
  local text, char = table.concat(parts, "\n\n"), M.char(card)
  if char == card.data.name then return text end
  return (text:gsub("{{%s*[cC][hH][aA][rR]%s*}}", function() return char end))
end

-- ---- the row ----

---Columns that a card of kalito's own brings along.
M.SETTINGS = { "icon", "category", "default_model", "temperature", "topP", "maxTokens", "repeatPenalty",
  "suggested_models", "stopSequences" }

---The persona that a card asks for.
---@param card kalito.CharacterCard
---@return kalito.Persona row
function M.row(card)
  local original = kalito.script.builtin("personas/assistant").prompt
  local row = { name = card.data.name:match "^%s*(.-)%s*$", prompt = M.prompt(card, original), category = M.CATEGORY }
  local notes = card.spec ~= "v1" and get(card.data, "creator_notes") or ""
  if notes ~= "" then row.description = notes end
  local own = card_file.own(card) or {}
  for _, name in ipairs(M.SETTINGS) do
    local value = get(own, name)
    if value ~= nil then row[name] = type(value) == "table" and kalito.json.encode(value) or value end
  end
  return row
end

-- ---- what is said ----

local function expanded(card, text, ctx)
  return persona_file.expand(text, { name = M.char(card) }, ctx)
end

---What the character may begin with: the first greeting, then the others.
---@param card kalito.CharacterCard
---@param ctx? kalito.PersonaContext
---@return string[]
function M.greetings(card, ctx)
  local list, one = {}, { spec = card.spec, data = {} }
  local texts = { get(card.data, "first_mes") or "" }
  if card.spec ~= "v1" then
    for _, text in ipairs(get(card.data, "alternate_greetings") or {}) do texts[#texts + 1] = text end
  end
  for _, text in ipairs(texts) do
    one.data.text = text
    text = clean(one, "text")
    if text ~= "" then list[#list + 1] = expanded(card, text, ctx) end
  end
  return list
end

---Dialogues that show how the character talks.
---@param card kalito.CharacterCard
---@param ctx? kalito.PersonaContext
---@return string[]
function M.examples(card, ctx)
  local list, text = {}, clean(card, "mes_example")
  text = text:gsub("<[sS][tT][aA][rR][tT]>", "\0")
  for block in text:gmatch "[^\0]+" do
    block = block:match "^%s*(.-)%s*$"
    if block ~= "" then list[#list + 1] = expanded(card, block, ctx) end
  end
  return list
end

---A text of the card's lorebook, with its placeholders filled in.
---@param card kalito.CharacterCard
---@param text string
---@param ctx? kalito.PersonaContext
---@return string
function M.expand(card, text, ctx)
  local one = { spec = card.spec, data = { text = text } }
  return expanded(card, clean(one, "text"), ctx)
end

return M
