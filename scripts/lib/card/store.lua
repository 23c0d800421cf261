-- store.lua: the character cards of personas in the database: taking them in, all or none, and having them at
-- hand.

local kalito = package.loaded.kalito
local card_reader = require "kalito.card.read"
local parts = require "kalito.card.parts"
local need = require("kalito.reading").need
local transaction = require "kalito.transaction"

local M = {}

-- ---- at hand ----

local known = {} -- id of a persona -> { text =, card = }

---The card of a persona; nil when it has none.
---@param db kalito.Store
---@param id? string of the persona
---@return kalito.CharacterCard?
function M.get(db, id)
  local row = id and id ~= "" and need(db.card.get(id))
  if not row then return nil end
  local kept = known[id]
  if not kept or kept.text ~= row.card then
    kept = { text = row.card, card = card_reader.read(row.card) }
    known[id] = kept
  end
  return kept.card
end

-- ---- taking in ----

---@class kalito.CardImport
---@field card kalito.CharacterCard
---@field path string for messages
---@field name? string another name for the persona
---@field category? string

---@class kalito.CardResult
---@field persona kalito.Persona
---@field outcome "added"|"replaced"|"present"

-- The core refuses bad values by raising; what it says is of the file.
local function guarded(path, work, ...)
  local fine, result, message, code = pcall(work, ...)
  if fine then return result, message and path .. ": " .. message, code end
  if type(result) ~= "string" then error(result, 0) end
  return nil, path .. ": " .. result:gsub("^[^ ]+:%d+: ", ""), "misuse"
end

local function same_name(db, name)
  return need(db.persona.find { name = name, limit = 2 })
end

-- Fields that a card does not have become empty, but not whether it is the default.
local function replace(db, item, row, old)
  row.id = old.id
  for _, name in ipairs { "description", table.unpack(parts.SETTINGS) } do
    if row[name] == nil then row[name] = kalito.json.null end
  end
  local ok, message, code = guarded(item.path, db.persona.set, row)
  if not ok then return nil, message, code end
  if need(db.card.get(old.id)) then ok, message, code = db.card.del(old.id) end
  return ok and need(db.persona.get(old.id)), message, code
end

-- The row to change, whether it is there as it would become, or why there is neither.
local function find_old(db, item, name, replacing)
  local rows = same_name(db, name)
  if #rows == 0 then return nil end
  for _, row in ipairs(rows) do
    local card = need(db.card.get(row.id))
    if card and card.card == need(db.redaction.json(item.card.text)) then return row, true end
  end
  if replacing and #rows == 1 then return rows[1] end
  local what = replacing and "several personas are called '%s': --name gives this one another name"
    or "a persona is called '%s' already: --replace changes it, --name gives this one another name"
  return nil, nil, item.path .. ": " .. what:format(name)
end

local function take(db, item, replacing)
  local row = parts.row(item.card)
  row.name = item.name or row.name
  row.category = item.category or row.category
  if #row.prompt > card_reader.TEXT then
    local message = "%s: the prompt that it makes has %d bytes, the limit is %d"
    return nil, message:format(item.path, #row.prompt, card_reader.TEXT), "card"
  end
  local old, present, problem = find_old(db, item, row.name, replacing)
  if problem then return nil, problem, "exists" end
  if present then return { persona = old, outcome = "present" } end
  local persona, message, code
  if old then
    persona, message, code = replace(db, item, row, old)
  else
    persona, message, code = guarded(item.path, db.persona.add, row)
  end
  if not persona then return nil, message, code end
  local ok
  ok, message, code = db.card.add { id = persona.id, spec = item.card.spec, card = item.card.text,
    prompt_hash = kalito.hash(persona.prompt) }
  return ok and { persona = persona, outcome = old and "replaced" or "added" }, message, code
end

---Makes personas of cards: of all of them, or of none.
---@param db kalito.Store
---@param items kalito.CardImport[]
---@param replacing? boolean change the persona that has the name
---@return kalito.CardResult[]? results, string? message, string? code
function M.import(db, items, replacing)
  return transaction.run(db, function()
    local results = {}
    for i, item in ipairs(items) do
      local result, message, code = take(db, item, replacing)
      if not result then return nil, message, code end
      results[i] = result
    end
    return results
  end)
end

-- What makes an entry the same one.
local function mark_of(entry)
  local keys = card_reader.get(entry, "keys")
  return table.concat { type(keys) == "table" and kalito.json.encode(keys) or "", tostring(entry.content) }
end

-- The book with what is new in another one.
local function merged(book, other)
  local there = {}
  book.entries = card_reader.get(book, "entries") or kalito.json.array {}
  for _, entry in ipairs(book.entries) do there[mark_of(entry)] = true end
  for _, entry in ipairs(other.entries) do
    if type(entry) ~= "table" or not there[mark_of(entry)] then book.entries[#book.entries + 1] = entry end
  end
  return book
end

---Puts a lorebook of its own into the card of a persona; one that has no card gets it.
---@param db kalito.Store
---@param persona kalito.Persona
---@param book table
---@param path string for messages
---@return kalito.CharacterCard? card, string? message, string? code
function M.add_book(db, persona, book, path)
  local stored = need(db.card.get(persona.id))
  local version = not (stored and stored.spec == "v3") and "v2" or nil
  local root, message, code = require("kalito.card.export").root(db, persona, version)
  if not root then return nil, message, code end
  local old = card_reader.get(root.data, "character_book")
  root.data.character_book = old and merged(old, book) or book
  local card
  card, message, code = card_reader.read(kalito.json.encode(root))
  if not card then return nil, path .. ": " .. message, code end
  return transaction.run(db, function()
    local ok = true
    if stored then ok, message, code = db.card.del(persona.id) end
    if ok then
      ok, message, code = db.card.add { id = persona.id, spec = card.spec, card = card.text,
        prompt_hash = kalito.hash(persona.prompt) }
    end
    return ok and card, message, code
  end)
end

---Adds a greeting of the session's persona as its first message.
---@param db kalito.Store
---@param session kalito.Session
---@param number? integer default the first one
---@return kalito.Message? row nil alone: the persona has no greeting, string? message, string? code
function M.greet(db, session, number)
  local card = M.get(db, session.persona)
  local now = db.now()
  local list = card and parts.greetings(card, require("kalito.persona.behaviour").context(now)) or {}
  if #list == 0 and not number then return nil end
  local text = list[number or 1]
  if not text then
    return nil, ("the persona has no greeting number %d: it has %d"):format(number, #list), "not_found"
  end
  local row = { session = session.id, role = "assistant", text = text, speaker = parts.char(card) }
  return db.message.add(require("kalito.memory.scoring").fill(row, now))
end

---Makes a session that begins with a greeting of its persona: both, or neither.
---@param db kalito.Store
---@param row kalito.Session
---@param greeting? integer|false default the first one, if there is one; false: none
---@return kalito.Session? session, string? message, string? code
function M.begin(db, row, greeting)
  return transaction.run(db, function()
    local session, message, code = db.session.add(row)
    if not session or greeting == false then return session, message, code end
    local said
    said, message, code = M.greet(db, session, greeting)
    if not said and message then return nil, message, code end
    return db.session.get(session.id)
  end)
end

return M
