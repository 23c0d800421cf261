-- trace_items.lua: the short form in which a trace keeps what was weighed for a turn. There is one with every reply, so
-- that its size counts: lists in the place of rows, and words that come again and again as numbers.

local kalito = package.loaded.kalito

local M = {}

-- The place of a word in a list, in which it is put when it is new.
local function numbered(words)
  local places = {}
  return function(word)
    if not word then return 0 end
    if not places[word] then
      words[#words + 1] = word
      places[word] = #words
    end
    return places[word]
  end
end

---What a trace keeps of a context: items as part, why (both as places in `words`), in (1 or 0), id ("" for none),
---tokens, score, hash; recalled messages as id, score, lent, reasons ("" for none).
---@param context kalito.Context with `recalled`
---@return { words: string[], items: table[], recalled: table[] }
function M.pack(context)
  local json = kalito.json
  local words, items, recalled = json.array {}, json.array {}, json.array {}
  local place = numbered(words)
  for i, item in ipairs(context.items) do
    items[i] = { place(item.part), place(item.why), item["in"] and 1 or 0, item.id or "", item.tokens, item.score,
      kalito.hash(item.text) }
  end
  for i, row in ipairs(context.recalled) do recalled[i] = { row.id, row.score, row.lent, row.reasons or "" } end
  return { words = words, items = items, recalled = recalled }
end

local function given(text)
  return text ~= "" and text or nil
end

local function items_of(details)
  local list = kalito.json.array {}
  for i, item in ipairs(details.items) do
    list[i] = { part = details.words[item[1]], why = details.words[item[2]], ["in"] = item[3] == 1, id = given(item[4]),
      tokens = item[5], score = item[6], hash = item[7] }
  end
  return list
end

local function recalled_of(details)
  local list = kalito.json.array {}
  for i, row in ipairs(details.recalled) do
    list[i] = { id = row[1], score = row[2], lent = row[3], reasons = given(row[4]) }
  end
  return list
end

---The details of a turn with items and recalled messages as rows. Traces that were kept as rows are given as they are.
---@param text string the `details` of a turn
---@return table? details nil: they are no JSON
function M.read(text)
  local details = kalito.json.decode(text)
  if type(details) ~= "table" then return nil end
  if details.words then
    details.items, details.recalled, details.words = items_of(details), recalled_of(details), nil
  end
  return details
end

return M
