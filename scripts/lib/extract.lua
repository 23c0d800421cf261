-- extract.lua: a summary without a model: the sentences that say most, as lines with their dates; what one says in a
-- row on a day is one line. Deterministic: the same messages give the same lines. Pure, with kalito.text only, for
-- policies/summarize.lua and those built on it.

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
  if found.numbers + found.dates + found.capitalised == 0 and not kinds.kept and not kinds.open then
    score = score - options.by_plain
    if item.points and not item.pair then score = score - options.by_pointing end
  end
  if found.questions > 0 and not kinds.open then
    score = score + (item.unanswered and options.by_open or -options.by_question)
  end
  if item.role ~= "user" then score = score * options.answer end
  return score > options.least and score / text.tokens(item.text) ^ options.by_length or nil
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
      place, sentence = place + 1, sentence:gsub("%s+", " ")
      local before = place > 1 and list[#list] or nil
      local points = words.pointing:lead(sentence, 1) > 0
      local pair = points and before and #before.said + #sentence < options.longest and before or nil
      list[#list + 1] = {
        said = sentence, text = pair and pair.said .. " " .. sentence or sentence, points = points, pair = pair,
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

---@param messages kalito.Message[] in their order
---@param limit integer tokens it may have
---@param options table of policies/summarize.lua
---@param words table<string, kalito.words> kept, open, filler, addressed, pointing
---@return string
function M.summary(messages, limit, options, words)
  local list, frequency, ranked, taken = sentences_of(messages, words, options), {}, {}, {}
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
  local summary = ""
  for _, item in ipairs(ranked) do
    if #taken >= options.lines then break end
    if not is_said(item, taken, options.near) then
      taken[#taken + 1] = item
      local longer = joined(taken)
      if text.tokens(longer) <= limit then summary = longer else table.remove(taken) end
    end
  end
  if summary == "" and (ranked[1] or list[1]) then return cut(ranked[1] or list[1], limit) end
  return summary
end

return M
