-- export.lua: personas as character cards. A persona that came from a card gives the same card back, field by
-- field, but for what has been changed since; any other one gives a card of version 2.

local kalito = package.loaded.kalito
local card_reader = require "kalito.card.read"
local parts = require "kalito.card.parts"
local png = require "kalito.card.png"
local need = require("kalito.reading").need

local M = {}

local array = kalito.json.array

-- ---- versions ----

local TEXTS <const> = { "name", "description", "personality", "scenario", "first_mes", "mes_example" }
local TEXTS_V2 <const> = { "creator_notes", "system_prompt", "post_history_instructions", "creator",
  "character_version" }

-- Version 1 to 2: its fields move into `data`; what else there was stays where it is.
local function wrap(root)
  local data = { alternate_greetings = array(), tags = array(), extensions = {} }
  for _, key in ipairs(TEXTS) do data[key], root[key] = card_reader.get(root, key) or "", nil end
  for _, key in ipairs(TEXTS_V2) do data[key] = "" end
  root.data = data
end

-- The other way nothing is taken away: who reads version 2 passes over what he does not know.
local function convert(root, from, to)
  if from == to then return end
  if from == "v1" then wrap(root) end
  root.spec, root.spec_version = "chara_card_" .. to, to:sub(2) .. ".0"
  if to == "v3" and root.data.group_only_greetings == nil then root.data.group_only_greetings = array() end
end

local function as_v2(card)
  convert(card.root, "v1", "v2")
  return { spec = "v2", root = card.root, data = card.root.data, text = card.text, notes = {} }
end

-- ---- what has been changed ----

local function put(root, data, key, value)
  data[key] = value
  if root ~= data and type(root[key]) == "string" then root[key] = value end -- written twice by some programs
end

-- An edited prompt is said whole, and nothing of it twice.
local function put_prompt(root, data, spec, prompt)
  for _, key in ipairs { "description", "personality", "scenario" } do put(root, data, key, "") end
  if spec == "v1" then -- which has no place for the line that every prompt of such a card begins with
    local from, to = prompt:find(parts.OPENING, 1, true)
    if from == 1 then prompt = prompt:sub(to + 1):match "^%s*(.*)$" end
  end
  put(root, data, spec == "v1" and "description" or "system_prompt", prompt)
end

local function settings_of(row)
  local own = {}
  for _, name in ipairs(parts.SETTINGS) do own[name] = row[name] end
  if own.category == parts.CATEGORY then own.category = nil end
  for _, name in ipairs { "suggested_models", "stopSequences" } do
    own[name] = own[name] and kalito.json.decode(own[name])
  end
  return own
end

-- Lays what the row says differently over the card that it came from. Gives what has no place in it.
local function lay_over(root, card, row, hash)
  local base, data, left = parts.row(card), card.spec == "v1" and root or root.data, {}
  if row.name ~= base.name then put(root, data, "name", row.name) end
  if kalito.hash(row.prompt) ~= hash then put_prompt(root, data, card.spec, row.prompt) end
  local function note(name)
    if card.spec == "v1" then left[#left + 1] = name end
    return card.spec ~= "v1"
  end
  if row.description ~= base.description and note "description" then data.creator_notes = row.description or "" end
  local changed = false
  for _, name in ipairs(parts.SETTINGS) do
    if row[name] ~= base[name] and note(name) then changed = true end
  end
  if changed then
    data.extensions = card_reader.get(data, "extensions") or {}
    data.extensions.kalito = settings_of(row)
  end
  return left
end

-- ---- the whole ----

local function fresh(row)
  local data = { name = row.name, creator_notes = row.description or "", system_prompt = row.prompt,
    alternate_greetings = array(), tags = array(), extensions = { kalito = settings_of(row) } }
  for _, list in ipairs { TEXTS, TEXTS_V2 } do
    for _, key in ipairs(list) do data[key] = data[key] or "" end
  end
  if not next(data.extensions.kalito) then data.extensions.kalito = nil end
  return { spec = "chara_card_v2", spec_version = "2.0", data = data }
end

---The card of a persona.
---@param db kalito.Store
---@param row kalito.Persona
---@param version? "v2"|"v3" default the one that it came as
---@return table? root, string|string[] left_or_message what has no place in this version, string? code
function M.root(db, row, version)
  local stored = need(db.card.get(row.id))
  local root, from, left
  if stored then
    local card, message, code = card_reader.read(stored.card)
    if not card then return nil, "its card " .. message, code end
    if card.spec == "v1" and version then card = as_v2(card) end
    root, from = card.root, card.spec
    left = lay_over(root, card, row, stored.prompt_hash)
  else
    root, from, left = fresh(row), "v2", {}
  end
  convert(root, from, version or from)
  return root, left
end

---A card in a picture. One of version 3 stands there as version 2 too, for programs that know no other.
---@param root table
---@param picture? string bytes of a PNG; default one pixel
---@return string? bytes, string? message, string? code
function M.picture(root, picture)
  local cards = { { "chara", kalito.json.encode(root) } }
  if root.spec == "chara_card_v3" then
    cards[2] = { "ccv3", cards[1][2] }
    convert(root, "v3", "v2")
    cards[1][2] = kalito.json.encode(root)
  end
  return png.write(picture or png.pixel(), cards)
end

return M
