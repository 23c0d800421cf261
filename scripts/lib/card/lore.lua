-- lore.lua: what a persona's character card adds to a context: the entries of its lorebook whose keys occur in what was
-- said last, those that are always there, and its example dialogues. Chosen anew for every context; no row holds them.

local kalito = package.loaded.kalito
local behaviour = require "kalito.persona.behaviour"
local card_reader = require "kalito.card.read"
local card_store = require "kalito.card.store"
local lore_book = require "kalito.card.lore_book"
local lore_key = require "kalito.card.lore_key"
local parts = require "kalito.card.parts"
local need = require("kalito.reading").need

local M = {}

local ROUNDS <const> = 5      -- how often entries may lead to others
local TEXT <const> = 64 << 10 -- bytes of each message that are looked through
local MOST <const> = 500      -- entries of one context
local WORK <const> = 5000000  -- what the patterns of one context may cost: steps

-- As importance: below the pins of the user (0.8); what is always there before what a word calls for.
local ALWAYS <const>, CALLED <const>, EXAMPLE <const> = 0.7, 0.6, 0.3

-- ---- which are called for ----

-- Texts, the newest first, as one: with a word between them that no phrase bridges.
local function scanned(texts, depth)
  return table.concat(texts, "\n.\n", 1, math.min(depth, #texts))
end

local function holds(condition, text, work)
  for _, keys in ipairs(condition.sets) do
    if not lore_key.find(keys, text, work) then return not condition.occurs end
  end
  return condition.occurs
end

-- What comes by chance is decided by the message itself: the same context is built again when it is asked for again.
local function comes(entry, seed)
  if not entry.chance then return true end
  return tonumber(kalito.hash(seed .. "\n" .. entry.number):sub(1, 6), 16) % 100 < entry.chance
end

local function reason(entry, text, work)
  if entry.always then return { "constant", "always" } end
  local key = lore_key.find(entry.keys, text, work)
  if not key then return nil end
  for _, condition in ipairs(entry.conditions) do
    if not holds(condition, text, work) then return nil end
  end
  return { "keyword", key }
end

-- May it come by what was said, or by what other entries say?
local function in_turn(entry, led)
  if led then return not entry.first_only end
  return not entry.led_only
end

-- One round: adds the entries that the texts call for. Gives what these say.
local function choose_round(book, texts, chosen)
  local by_depth, contents = {}, {}
  for _, entry in ipairs(book.entries) do
    if not chosen[entry] and #chosen < MOST and in_turn(entry, chosen.led) then
      local depth = entry.depth or book.depth
      by_depth[depth] = by_depth[depth] or scanned(texts, depth)
      local why = reason(entry, by_depth[depth], chosen.work)
      if why and comes(entry, chosen.seed) then
        chosen[#chosen + 1] = { entry = entry, why = why }
        chosen[entry] = true
        if not entry.leads_nowhere then contents[#contents + 1] = entry.content end
      end
    end
  end
  return contents
end

local function choose(book, texts)
  local chosen = { seed = texts[1] or "", work = { left = WORK } }
  for _ = 1, book.recursive and ROUNDS or 1 do
    local contents = choose_round(book, texts, chosen)
    if #contents == 0 then break end
    texts, chosen.led = { table.concat(contents, "\n.\n") }, true
  end
  return chosen
end

-- The book's own budget: what has the highest score comes in first.
local function within(list, tokens)
  if not tokens or tokens <= 0 then return list end
  local order, kept = table.move(list, 1, #list, 1, {}), {}
  table.sort(order, function(a, b)
    if a.score ~= b.score then return a.score > b.score end
    return a.number < b.number
  end)
  for _, note in ipairs(order) do
    local cost = kalito.text.tokens(note.text)
    if cost <= tokens then
      tokens = tokens - cost
      kept[#kept + 1] = note
    end
  end
  return kept
end

-- ---- as notes of a context ----

local function note_of(card, found, ctx)
  local entry = found.entry
  local score = (entry.always and ALWAYS or CALLED) + 0.05 * entry.rank
  return { id = "lore:" .. entry.number, text = parts.expand(card, entry.content, ctx), score = score,
    reasons = kalito.json.encode { found.why }, order = entry.order, number = entry.number }
end

local function add_examples(list, card, ctx)
  for i, text in ipairs(parts.examples(card, ctx)) do
    if #list >= MOST then break end
    list[#list + 1] = { id = "example:" .. i, text = "Example of a dialogue:\n" .. text, score = EXAMPLE,
      reasons = kalito.json.encode { { "example", tostring(i) } } }
  end
end

---The notes that a card adds.
---@param card kalito.CharacterCard
---@param texts string[] what was said, the newest first
---@param ctx? kalito.PersonaContext
---@return kalito.Note[]
function M.find(card, texts, ctx)
  local book, list = lore_book.of(card), {}
  for _, found in ipairs(book and choose(book, texts) or {}) do
    local note = note_of(card, found, ctx)
    if #note.text <= card_reader.TEXT then list[#list + 1] = note end -- names filled in may make it long
  end
  list = within(list, book and book.tokens)
  table.sort(list, function(a, b)
    if a.order ~= b.order then return a.order < b.order end
    return a.number < b.number
  end)
  add_examples(list, card, ctx)
  return list
end

-- The beginning of a text, whole characters.
local function beginning(text)
  text = text:sub(1, TEXT)
  local _, bad = utf8.len(text)
  return bad and text:sub(1, bad - 1) or text
end

-- What was said last: the new message and those before it, the newest first.
local function said(chat, text, new, depth)
  text = text or new and new.text
  local texts = { text and beginning(text) }
  local filter = { session = chat.id, order = "newest", limit = depth, before = new and new.created_at }
  for _, row in ipairs(need(chat.db.message.find(filter))) do texts[#texts + 1] = beginning(row.text) end
  return texts
end

---What the persona of a conversation adds to its next context.
---@param chat kalito.Conversation
---@param id? string of the persona, default the session's
---@param text? string the new message
---@param new? kalito.Message the new message, when it is stored
---@param now string
---@return kalito.Note[]
function M.notes(chat, id, text, new, now)
  local card = card_store.get(chat.db, id or (need(chat.db.session.get(chat.id)) or {}).persona)
  if not card then return {} end
  local book = lore_book.of(card)
  return M.find(card, book and said(chat, text, new, book.reach) or {}, behaviour.context(now))
end

return M
