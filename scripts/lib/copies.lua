-- copies.lua: messages that say the same, among those that were found: one is shown for all of them. The newest is,
-- but what an assistant repeats of what he was told is no evidence of its own: then it is what he was told.

local kalito = package.loaded.kalito

local M = {}

local TOP = 30     -- so many of the best are compared with each other
local PART = 0.6   -- so much of an assistant's message must be repeated for it to be a repetition
local SHORT = 16   -- shorter sentences are said by chance

-- Letters and digits only, so that quotes and punctuation do not matter.
local function plain(text)
  return " " .. text:lower():gsub("[%s%p]+", " ") .. " "
end

-- How much of a text is made of sentences of another one.
local function repeated(text, from)
  local whole, found = plain(text), 0
  for sentence in from:gmatch "[^.!?\n]+" do
    local words = plain(sentence)
    if #words >= SHORT and whole:find(words, 1, true) then found = found + #words end
  end
  return found / #whole
end

local function older(a, b)
  if a.session == b.session and a.created_at ~= b.created_at then return (a.created_at or "") < (b.created_at or "") end
  return a.id < b.id
end

-- Texts of very different length are not alike; comparing them is dear.
local function alike(a, b, least)
  local x, y = #a.text, #b.text
  if math.min(x, y) < least * 0.8 * math.max(x, y) then return false end
  return kalito.text.similar(a.text, b.text) >= least
end

-- Is the first an assistant's message that only says again what the second says?
local function repeats(a, b)
  if a.role ~= "assistant" or not older(b, a) or #b.text < SHORT then return false end
  return repeated(a.text, b.text) >= PART
end

local function better(a, b)
  if (a.role == "assistant") ~= (b.role == "assistant") then return b.role == "assistant" end
  return older(b, a)
end

local function belongs(hit, group, least)
  for _, other in ipairs(group.members) do
    if alike(hit, other, least) or repeats(hit, other) or repeats(other, hit) then return true end
  end
  return false
end

local function group_of(groups, hit, least)
  for _, group in ipairs(groups) do
    if belongs(hit, group, least) then return group end
  end
  return nil
end

-- The one that is shown for a group; the others are named.
local function show(group)
  local shown, others = group.members[1], {}
  for _, hit in ipairs(group.members) do
    if hit ~= shown and better(hit, shown) then shown = hit end
  end
  for _, hit in ipairs(group.members) do
    if hit ~= shown then others[#others + 1] = hit.id end
  end
  if #others > 0 then
    table.sort(others)
    shown.copies = others
    shown.reasons = { { "also said in", table.concat(others, " ") }, table.unpack(shown.reasons) }
  end
  shown.score = group.members[1].score
  for _, hit in ipairs(group.members) do
    if hit.similarity then shown.similarity = math.max(shown.similarity or -1, hit.similarity) end
  end
  return shown
end

---Shows what says the same once, at the place of the best of it. `copies` of a row lists the ids of the others, and
---its reasons name them.
---@param hits table[] rows of messages with `score` and `reasons` (a list), best first
---@param least number how alike texts must be, 0..1; 0: nothing is taken together
---@return table[] hits
function M.fold(hits, least)
  if least <= 0 then return hits end
  local groups, out = {}, {}
  for i, hit in ipairs(hits) do
    local group = i <= TOP and group_of(groups, hit, least)
    if group then
      group.members[#group.members + 1] = hit
    else
      groups[#groups + 1] = { members = { hit } }
    end
  end
  for i, group in ipairs(groups) do out[i] = show(group) end
  return out
end

return M
