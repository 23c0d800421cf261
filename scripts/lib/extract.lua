-- extract.lua: a summary without a model: the sentences that say most, as lines with their dates. Deterministic: the
-- same messages give the same lines. Pure, with kalito.text only, for policies/summarize.lua and those built on it.

local text = kalito.text
local terms = kalito.script.builtin("lib/terms")

local M = {}

local counts = {} -- reused by text.scan

-- Which kinds of sentences a text has words for.
local function kinds_of(sentence, words)
  return {
    kept = words.kept:count(sentence, 1) > 0, open = words.open:count(sentence, 1) > 0,
    filler = words.filler:count(sentence, 1) > 0, addressed = words.addressed:count(sentence, 1) > 0,
  }
end

-- Words that few sentences have say more than those of every second one.
local function rarity(sentence, frequency, total)
  local sum, n = 0, 0
  terms.each(sentence, function(term)
    n = n + 1
    sum = sum + math.log(total / (frequency[term] or 1) + 1)
  end)
  return n > 0 and sum / (n + 4) or 0 -- a short sentence of rare words is no long one
end

local function score_of(item, options, words, frequency, total)
  local found = text.scan(item.text, counts)
  if found.words < options.shortest or #item.text > options.longest or item.text:find "^%[" then return nil end
  local kinds = kinds_of(item.text, words)
  local score = options.by_importance * item.importance + options.by_rarity * rarity(item.text, frequency, total)
    + options.by_number * math.min(3, found.numbers + found.dates)
    + options.by_name * math.min(3, found.capitalised)
    - options.by_place * math.min(6, item.place - 1)
  if kinds.kept then score = score + options.by_kept end
  if kinds.open then score = score + options.by_open end
  if kinds.filler then score = score - options.by_filler end
  if found.exclamations > 0 then score = score - options.by_exclaimed end
  if kinds.addressed then score = score - options.by_addressed end
  if found.questions > 0 and not kinds.open then
    score = score + (item.unanswered and options.by_open or -options.by_question)
  end
  if item.role ~= "user" then score = score * options.answer end
  return score > options.least and score / text.tokens(item.text) ^ options.by_length or nil
end

local function shown_role(role)
  return role == "user" or role == "assistant"
end

-- All sentences of the messages, in their order. What the last user asked and nobody answered is unanswered.
local function sentences_of(messages)
  local list, last = {}, #messages
  for i, message in ipairs(messages) do
    local place = 0
    if shown_role(message.role) then
      for sentence in text.sentences(message.text) do
        place = place + 1
        list[#list + 1] = {
          text = sentence:gsub("%s+", " "), at = #list + 1, place = place, role = message.role,
          who = message.speaker or message.role, date = (message.created_at or ""):match "^%d+%-%d+%-%d+",
          importance = message.importance_score or 0.5, unanswered = i == last and message.role == "user",
        }
      end
    end
  end
  return list
end

local function line_of(item)
  return "- " .. (item.date and item.date .. " " or "") .. item.who .. ": " .. item.text
end

local function is_said(item, taken, near)
  for _, other in ipairs(taken) do
    if other.text:find(item.text, 1, true) or text.similar(item.text, other.text) >= near then return true end
  end
  return false
end

local function joined(taken)
  table.sort(taken, function(a, b) return a.at < b.at end)
  local lines = {}
  for i, item in ipairs(taken) do lines[i] = line_of(item) end
  return table.concat(lines, "\n")
end

-- When not even one sentence fits: as many words of the best one as do.
local function cut(item, limit)
  local best, line = "", line_of(item)
  for at in line:gmatch "%S+()" do
    local part = line:sub(1, at - 1)
    if text.tokens(part .. " …") > limit then break end
    best = part .. " …"
  end
  return best
end

---@param messages kalito.Message[] in their order
---@param limit integer tokens it may have
---@param options table of policies/summarize.lua
---@param words table<string, kalito.words> kept, open, filler
---@return string
function M.summary(messages, limit, options, words)
  local list, frequency, ranked, taken = sentences_of(messages), {}, {}, {}
  for _, item in ipairs(list) do
    for term in pairs(terms.count(item.text)) do frequency[term] = (frequency[term] or 0) + 1 end
  end
  for _, item in ipairs(list) do
    item.score = score_of(item, options, words, frequency, #list)
    if item.score then ranked[#ranked + 1] = item end
  end
  table.sort(ranked, function(a, b)
    if a.score ~= b.score then return a.score > b.score end
    return a.at < b.at
  end)
  local used = 0
  for _, item in ipairs(ranked) do
    local size = text.tokens(line_of(item)) + 1 -- and its line end
    if #taken >= options.lines then break end
    if used + size <= limit and not is_said(item, taken, options.near) then
      taken[#taken + 1], used = item, used + size
    end
  end
  local summary = joined(taken)
  while text.tokens(summary) > limit do -- the parts were estimated too low
    table.remove(taken)
    summary = joined(taken)
  end
  if summary == "" and (ranked[1] or list[1]) then return cut(ranked[1] or list[1], limit) end
  return summary
end

return M
