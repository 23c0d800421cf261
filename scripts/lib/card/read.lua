-- read.lua: character cards: reads the JSON of versions 1, 2 and 3 and checks every field that is used. What is not
-- used is not looked at, and kept. Knows neither files nor the database.

local kalito = package.loaded.kalito

local M = {}

M.TEXT = 1 << 20      -- bytes of one text
M.ENTRIES = 10000     -- of a lorebook
M.NAME = 255          -- bytes

---A card that was read.
---@class kalito.CharacterCard
---@field spec "v1"|"v2"|"v3"
---@field root table as decoded
---@field data table where its fields are: the root of version 1, `data` of the others
---@field text string the JSON
---@field notes string[] what is to be told of it

-- ---- fields ----

---A field of a decoded object; nil also for null.
---@param object table
---@param key string
---@return any
function M.get(object, key)
  local value = object[key]
  if value == kalito.json.null then return nil end
  return value
end

local function is_list(value)
  return type(value) == "table" and getmetatable(value) ~= nil -- json marks arrays
end

local KINDS <const> = { table = "an object", string = "a text", number = "a number", boolean = "true or false" }

local function wrong(where, wanted, value)
  local given = KINDS[type(value)] or "null"
  if given == "an object" and is_list(value) then given = "a list" end
  return ("%s must be %s, not %s"):format(where, wanted, given)
end

local checks = {}

function checks.text(value, where)
  if type(value) ~= "string" then return wrong(where, "a text", value) end
  if #value > M.TEXT then return ("%s has %d bytes, the limit is %d"):format(where, #value, M.TEXT) end
end

function checks.texts(value, where)
  if not is_list(value) then return wrong(where, "a list of texts", value) end
  for i, text in ipairs(value) do
    local problem = checks.text(text, ("%s[%d]"):format(where, i))
    if problem then return problem end
  end
end

function checks.number(value, where)
  if type(value) ~= "number" then return wrong(where, "a number", value) end
end

function checks.boolean(value, where)
  if type(value) ~= "boolean" then return wrong(where, "true or false", value) end
end

function checks.object(value, where)
  if type(value) ~= "table" or is_list(value) then return wrong(where, "an object", value) end
end

function checks.name(value, where)
  local problem = checks.text(value, where)
  if problem then return problem end
  if not value:find "%S" then return where .. " is empty" end
  if #value > M.NAME then return ("%s has %d bytes, the limit is %d"):format(where, #value, M.NAME) end
  if kalito.text.safe(value) ~= value then return where .. " has characters that steer a terminal" end
end

-- Kind, then the fields of that kind: in this order they are checked.
local V1 <const> = { { "name", "name" },
  { "text", "description", "personality", "scenario", "first_mes", "mes_example" } }
local V2 <const> = { V1[1], V1[2], { "text", "creator_notes", "system_prompt", "post_history_instructions" },
  { "texts", "alternate_greetings" }, { "object", "extensions", "character_book" } }
local V3 <const> = { V2[1], V2[2], V2[3], V2[4], V2[5], { "text", "nickname" } }
local BOOK <const> = { { "number", "scan_depth", "token_budget" }, { "boolean", "recursive_scanning" } }
local ENTRY <const> = { { "text", "content" }, { "texts", "keys", "secondary_keys" },
  { "boolean", "enabled", "case_sensitive", "constant", "selective", "use_regex" },
  { "number", "insertion_order", "priority" } }
local OWN <const> = { { "number", "temperature", "topP", "maxTokens", "repeatPenalty" },
  { "text", "icon", "category", "default_model" }, { "texts", "suggested_models", "stopSequences" } }

local function check_fields(object, kinds, where)
  for _, kind in ipairs(kinds) do
    for i = 2, #kind do
      local value = M.get(object, kind[i])
      local problem = value ~= nil and checks[kind[1]](value, where .. kind[i])
      if problem then return problem end
    end
  end
end

local function check_book(book, where)
  local entries, problem = M.get(book, "entries") or {}, check_fields(book, BOOK, where)
  if problem then return problem end
  if not is_list(entries) and next(entries) then return wrong(where .. "entries", "a list", entries) end
  if #entries > M.ENTRIES then
    return ("%sentries has %d entries, the limit is %d"):format(where, #entries, M.ENTRIES)
  end
  for i, entry in ipairs(entries) do
    local place = ("%sentries[%d]"):format(where, i)
    problem = checks.object(entry, place) or check_fields(entry, ENTRY, place .. ".")
    if problem then return problem end
  end
end

local function check(card)
  local where = card.spec == "v1" and "" or "data."
  local kinds = card.spec == "v1" and V1 or card.spec == "v2" and V2 or V3
  if M.get(card.data, "name") == nil then return where .. "name is missing" end
  local problem = check_fields(card.data, kinds, where)
  if problem or card.spec == "v1" then return problem end
  local book, own = M.get(card.data, "character_book"), M.own(card)
  problem = book and check_book(book, where .. "character_book.")
  return problem or own ~= nil and (checks.object(own, where .. "extensions.kalito")
    or check_fields(own, OWN, where .. "extensions.kalito.")) or nil
end

---The settings that kalito has written into a card.
---@param card kalito.CharacterCard
---@return table?
function M.own(card)
  local extensions = card.spec ~= "v1" and M.get(card.data, "extensions")
  return extensions and M.get(extensions, "kalito") or nil
end

-- ---- versions ----

local SPECS <const> = { chara_card_v2 = "v2", chara_card_v3 = "v3" }
local NEWEST <const> = { v2 = 2, v3 = 3 }
local LOREBOOK <const> = "is a lorebook of its own, not a character card: --into gives it to a persona"

local function without_spec(root)
  if M.get(root, "name") ~= nil then return { spec = "v1", root = root, data = root, notes = {} } end
  if type(root.entries) == "table" then return nil, LOREBOOK end
  return nil, "is no character card: it has neither 'spec' nor 'name'"
end

local function with_spec(root, spec)
  if type(spec) ~= "string" then return nil, wrong("spec", "a text", spec) end
  local version = SPECS[spec]
  if spec:find "^lorebook" then return nil, LOREBOOK end
  if not version then return nil, "spec '" .. spec:sub(1, 40) .. "' is not known (chara_card_v2, chara_card_v3)" end
  if root.data == nil then return nil, "data is missing" end
  local problem, notes = checks.object(root.data, "data"), {}
  if problem then return nil, problem end
  local number = tonumber(M.get(root, "spec_version") or "")
  if number and number > NEWEST[version] then
    notes[1] = ("spec_version %s is newer than %d.0: what is new in it is kept, and not used")
      :format(root.spec_version, NEWEST[version])
  end
  return { spec = version, root = root, data = root.data, notes = notes }
end

local function of_root(root)
  local spec = M.get(root, "spec")
  if spec == nil then return without_spec(root) end
  return with_spec(root, spec)
end

---Decodes the JSON of a file.
---@param text string
---@return table? root, string? message, string? code
function M.decode(text)
  text = text:gsub("^\xEF\xBB\xBF", "")
  local valid, bad = kalito.text.valid(text)
  if not valid then return nil, ("is not valid UTF-8 (byte %d)"):format(bad), "card" end
  local root, message = kalito.json.decode(text)
  if root == nil then return nil, "is no JSON: " .. message, "card" end
  if type(root) ~= "table" or is_list(root) then return nil, "is no JSON object", "card" end
  return root
end

---Reads a card.
---@param text string JSON
---@return kalito.CharacterCard? card, string? message, string? code the message names the field
function M.read(text)
  local root, message, code = M.decode(text)
  if not root then return nil, message, code end
  local card
  card, message = of_root(root)
  message = card and check(card) or message
  if message then return nil, message, "card" end
  card.text = text:gsub("^\xEF\xBB\xBF", "")
  return card
end

return M
