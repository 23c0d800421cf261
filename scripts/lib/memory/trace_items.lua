-- trace_items.lua: the short form in which a trace keeps what was weighed for a turn. There is one with every reply, so
-- that its size counts: lists in the place of rows, and words that come again and again as numbers.

local kalito = package.loaded.kalito

local M = {}

---The details of a turn as they are stored: beside the caller's, what db.context.trace tells of the context.
---@param details table never empty
---@param db kalito.Store
---@param context kalito.Context with its handle
---@return string
function M.pack(details, db, context)
  return table.concat { kalito.json.encode(details):sub(1, -2), ",", db.context.trace(context.handle), "}" }
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
