-- copies.lua: messages that say the same, among those that were found: one is shown for all of them. The newest is,
-- but what an assistant repeats of what he was told is no evidence of its own: then it is what he was told.

local kalito = package.loaded.kalito
local scoring = require "kalito.memory.scoring"

local M = {}

local TOP = 30     -- so many of the best are compared with each other
local PART = 0.6   -- so much of an assistant's message must be repeated for it to be a repetition
local SHORT = 16   -- shorter sentences are said by chance

-- Letters and digits only, so that quotes and punctuation do not matter.
local function plain(text)
  return " " .. text:lower():gsub("[%s%p]+", " ") .. " "
end

-- What is compared of a hit, made once: its words, and those of its sentences that are too long to be alike by chance.
local function read(hit)
  local sentences, size = {}, 0
  for sentence in hit.text:gmatch "[^.!?\n]+" do
    local words = plain(sentence)
    if #words >= SHORT then
      sentences[#sentences + 1] = words
      size = size + #words
    end
  end
  return { whole = plain(hit.text), sentences = sentences, size = size }
end

local function older(a, b)
  if a.session == b.session and a.created_at ~= b.created_at then return (a.created_at or "") < (b.created_at or "") end
  return a.id < b.id
end

-- Is so much of the first text made of sentences of the second?
local function is_made_of(whole, from)
  if from.size < PART * #whole then return false end
  local found = 0
  for _, words in ipairs(from.sentences) do
    if whole:find(words, 1, true) then found = found + #words end
  end
  return found / #whole >= PART
end

-- Does the first, an assistant's message, only say again what the second says?
local function repeats(a, b, texts)
  if a == b or #b.text < SHORT or not older(b, a) then return false end
  texts[a], texts[b] = texts[a] or read(a), texts[b] or read(b)
  return is_made_of(texts[a].whole, texts[b])
end

local function better(a, b)
  if (a.role == "assistant") ~= (b.role == "assistant") then return b.role == "assistant" end
  return older(b, a)
end

-- For the place of each hit: the places before it where the same is said.
local function links_of(hits, least)
  local top, texts, read_texts, links = math.min(#hits, TOP), {}, {}, {}
  for i = 1, top do texts[i], links[i] = hits[i].text, {} end
  local function link(i, k)
    local list = links[math.max(i, k)]
    list[#list + 1] = math.min(i, k)
  end
  for _, pair in ipairs(assert(kalito.text.alike(texts, math.min(least, 1)))) do link(pair[1], pair[2]) end
  for i = 1, top do
    for k = 1, hits[i].role == "assistant" and top or 0 do
      if repeats(hits[i], hits[k], read_texts) then link(i, k) end
    end
  end
  return links
end

-- Lists of places: each hit is in the first group with one that says the same.
local function groups_of(hits, least)
  local groups, number, links = {}, {}, links_of(hits, least)
  for i = 1, #hits do
    local at
    for _, k in ipairs(links[i] or {}) do at = math.min(at or number[k], number[k]) end
    number[i] = at or #groups + 1
    groups[number[i]] = groups[number[i]] or {}
    table.insert(groups[number[i]], i)
  end
  return groups
end

-- The one that is shown for a group, a list of places; the others are named.
local function show(hits, group)
  local first, others = hits[group[1]], {}
  local shown = first
  if #group == 1 then return first end
  for _, i in ipairs(group) do
    if hits[i] ~= shown and better(hits[i], shown) then shown = hits[i] end
  end
  for _, i in ipairs(group) do
    if hits[i] ~= shown then others[#others + 1] = hits[i].id end
  end
  table.sort(others)
  shown.copies = others
  local also = { "also said in", table.concat(others, " ") }
  shown.reasons = scoring.encode { also, table.unpack(scoring.decode(shown.reasons)) }
  shown.score, shown.lent = first.score, first.lent
  for _, i in ipairs(group) do
    if hits[i].similarity then shown.similarity = math.max(shown.similarity or -1, hits[i].similarity) end
  end
  return shown
end

---Shows what says the same once, at the place of the best of it. `copies` of a row lists the ids of the others, and
---its reasons name them.
---@param hits table[] rows of messages with `score` and `reasons` (as they are stored), best first
---@param least number how alike texts must be, 0..1; 0: nothing is taken together
---@return table[] hits
function M.fold(hits, least)
  if least <= 0 or #hits < 2 then return hits end
  local out = {}
  for i, group in ipairs(groups_of(hits, least)) do out[i] = show(hits, group) end
  return out
end

return M
