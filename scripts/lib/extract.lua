-- extract.lua: a summary without a model: the sentences that say most, as lines with their dates; what one says in a
-- row on a day is one line. One after the other, that sentence is taken which adds most for its length: its own worth,
-- and the rare words that none before it has (greedy maximisation of coverage: H. Lin, J. Bilmes, A Class of Submodular
-- Functions for Document Summarization, ACL 2011). Deterministic: the same messages give the same lines. Pure, with
-- kalito.text only, for policies/summarize.lua and those built on it.

local text = kalito.text
local terms = kalito.script.builtin("lib/terms")

local M = {}

local counts = {} -- reused by text.scan
local SLACK <const> = 8 -- tokens that a sentence may take less in a line with another one than by itself

-- Which kinds of sentences a text has words for.
local function kinds_of(sentence, words)
  return {
    kept = words.kept:count(sentence, 1) > 0, open = words.open:count(sentence, 1) > 0,
    filler = words.filler:count(sentence, 1) > 0, addressed = words.addressed:count(sentence, 1) > 0,
  }
end

-- Words that few sentences have say more than those of every second one: how much each says.
local function weights_of(list)
  local frequency, weights = {}, {}
  for _, item in ipairs(list) do
    for term in pairs(item.terms) do frequency[term] = (frequency[term] or 0) + 1 end
  end
  for term, n in pairs(frequency) do weights[term] = math.log(#list / n + 1) end
  return weights
end

local function rarity(item, weights)
  local sum, n = 0, 0
  for term, times in pairs(item.terms) do
    n, sum = n + times, sum + times * weights[term]
  end
  return n > 0 and sum / (n + 4) or 0 -- a short sentence of rare words is no long one
end

-- What is no sentence: a picture, a row of a table, the title of what follows.
local function is_bare(sentence)
  return sentence:find "^[^%w]*%[" or sentence:find "^|" or sentence:find ":$"
end

-- What a sentence is worth by itself; nil: it is not told.
local function worth_of(item, options, words, weights)
  local found = text.scan(item.text, counts)
  if found.words < options.shortest or #item.text > options.longest or is_bare(item.said) then return nil end
  local kinds = kinds_of(item.text, words)
  local score = options.by_importance * item.importance + options.by_rarity * rarity(item, weights)
    + options.by_number * math.min(3, found.numbers + found.dates)
    + options.by_name * math.min(3, found.capitalised)
    - options.by_place * math.min(6, item.place - 1)
  if kinds.kept then score = score + options.by_kept end
  if kinds.open then score = score + options.by_open end
  if kinds.filler then score = score - options.by_filler end
  if found.exclamations > 0 then score = score - options.by_exclaimed end
  if kinds.addressed then score = score - options.by_addressed end
  if found.numbers + found.dates + found.capitalised == 0 and not kinds.kept and not kinds.open then
    score = score - options.by_plain
    if item.points and not item.pair then score = score - options.by_pointing end
  end
  if found.questions > 0 and not kinds.open then
    score = score + (item.unanswered and options.by_open or -options.by_question)
  end
  return score > options.least and score or nil
end

local function shown_role(role)
  return role == "user" or role == "assistant"
end

-- All sentences of the messages, in their order. What the last user asked and nobody answered is unanswered. One that
-- points back ("That's what we chose.") is told and weighed together with the one before it.
local function sentences_of(messages, words, options)
  local list, last = {}, #messages
  for i, message in ipairs(messages) do
    local place = 0
    for sentence in text.sentences(shown_role(message.role) and message.text or "") do
      place, sentence = place + 1, sentence:gsub("%*%*+", ""):gsub("%s+", " ")
      local before = place > 1 and list[#list] or nil
      local points = words.pointing:lead(sentence, 1) > 0
      local pair = points and before and #before.said + #sentence < options.longest and before or nil
      local whole = pair and pair.said .. " " .. sentence or sentence
      list[#list + 1] = {
        said = sentence, text = whole, terms = terms.count(whole), points = points, pair = pair,
        at = #list + 1, place = place, role = message.role, who = message.speaker or message.role,
        date = (message.created_at or ""):match "^%d+%-%d+%-%d+", importance = message.importance_score or 0.5,
        unanswered = i == last and message.role == "user",
      }
    end
  end
  return list
end

local function head_of(item)
  return "- " .. (item.date and item.date .. " " or "") .. item.who .. ": "
end

local function is_said(item, taken, near)
  for _, other in ipairs(taken) do
    if other.text:find(item.text, 1, true) or text.similar(item.text, other.text) >= near then return true end
  end
  return false
end

-- The lines of some sentences and of those that they point to, whatever their order.
local function joined(taken)
  local sorted, known, lines, head = {}, {}, {}, nil
  local function put(item)
    if item and not known[item.at] then sorted[#sorted + 1], known[item.at] = item, true end
  end
  for _, item in ipairs(taken) do
    put(item.pair)
    put(item)
  end
  table.sort(sorted, function(a, b) return a.at < b.at end)
  for _, item in ipairs(sorted) do
    local own = head_of(item)
    if own == head then
      local line = lines[#lines]
      lines[#lines] = table.concat { line, line:find "%w$" and ". " or " ", item.said }
    else
      lines[#lines + 1], head = own .. item.said, own
    end
  end
  return table.concat(lines, "\n")
end

-- When not even one sentence fits: as many words of the best one as do.
local function cut(item, limit)
  local best, line = "", head_of(item) .. item.text
  for at in line:gmatch "%S+()" do
    local part = line:sub(1, at - 1)
    if text.tokens(part .. " …") > limit then break end
    best = part .. " …"
  end
  return best
end

local function gain_of(item, told, options, weights)
  local sum = 0
  for term in pairs(item.terms) do
    if not told[term] then sum = sum + weights[term] end
  end
  return (item.worth + options.by_new * sum) * (item.role == "user" and 1 or options.answer)
    / item.tokens ^ options.by_length
end

local function is_less(a, b)
  if a.gain ~= b.gain then return a.gain < b.gain end
  return a.at > b.at
end

-- The sentence that adds most for its length, taken out of the list. What a sentence adds only falls: the list has them
-- by what they added when last looked at, the most last, and who still adds most is it (M. Minoux, Accelerated Greedy
-- Algorithms, 1978).
local function next_best(list, told, options, weights)
  while true do
    local item = table.remove(list)
    item.gain = gain_of(item, told, options, weights)
    if #list == 0 or not is_less(item, list[#list]) then return item end
    local low, high = 1, #list + 1
    while low < high do
      local middle = (low + high) // 2
      if is_less(list[middle], item) then low = middle + 1 else high = middle end
    end
    table.insert(list, low, item)
  end
end

-- The sentences that may be told, with what they are worth, and how much each word says when it is new: words of every
-- text little, and two neighbours in Chinese or Japanese less than a word of another script.
local function candidates(list, options, words)
  local weights, out = weights_of(list), {}
  for _, item in ipairs(list) do
    item.worth, item.tokens = worth_of(item, options, words, weights), text.tokens(item.text)
    out[#out + 1] = item.worth and item or nil
  end
  for term, weight in pairs(weights) do
    local share = words.common[term] and options.by_common or term:find "^[\227-\233]" and options.by_pair
    weights[term] = share and share * weight or weight
  end
  return out, weights
end

---@param messages kalito.Message[] in their order
---@param limit integer tokens it may have
---@param options table of policies/summarize.lua
---@param words table<string, kalito.words> kept, open, filler, addressed, pointing; common: a set of terms
---@return string
function M.summary(messages, limit, options, words)
  local list, taken, told, summary = sentences_of(messages, words, options), {}, {}, ""
  local left, weights = candidates(list, options, words)
  for _, item in ipairs(left) do item.gain = gain_of(item, told, options, weights) end
  table.sort(left, is_less)
  local best, room = nil, limit
  while #left > 0 and #taken < options.lines do
    local item = next_best(left, told, options, weights)
    best = best or item
    local fits = item.pair or item.tokens <= room + SLACK
    if fits and not is_said(item, taken, options.near) then
      taken[#taken + 1] = item
      local longer = joined(taken)
      if text.tokens(longer) <= limit then
        summary, room = longer, limit - text.tokens(longer)
        for term in pairs(item.terms) do told[term] = true end
      else
        table.remove(taken)
      end
    end
  end
  if summary == "" and list[1] then return cut(best or list[1], limit) end
  return summary
end

return M
