-- answers.lua: what counts as an answer of a policy. A check takes the results of a function and gives them back, made
-- safe, or nil and what is wrong with them. Part of contract.lua, which says what each check is for.

local kalito = package.loaded.kalito

local M = {}

local function number_in(value, low, high, what)
  if math.type(value) == nil then return nil, what .. " must be a number, not " .. type(value) end
  if value ~= value then return nil, what .. " must not be NaN" end
  if value < low or value > high then
    return nil, ("%s must be between %g and %g, not %g"):format(what, low, high, value)
  end
  return value
end

---Reasons are a list of {word, number or text}; a plan for people, so that what is not one is left out.
---@param given any
---@return table
function M.reasons(given)
  local list = {}
  if type(given) ~= "table" then return list end
  for i = 1, math.min(rawlen(given), 32) do
    local row = rawget(given, i)
    local word, value = type(row) == "table" and rawget(row, 1), type(row) == "table" and rawget(row, 2)
    if type(word) == "string" and #word <= 64 then
      if math.type(value) and value == value and value - value == 0 or type(value) == "string" and #value <= 256 then
        list[#list + 1] = { word, value }
      end
    end
  end
  return list
end

function M.score(number, reasons)
  local value, message = number_in(number, 0, 1, "the score")
  if not value then return nil, message end
  return value + 0.0, M.reasons(reasons)
end

local function check_text(text, what, limit)
  if type(text) ~= "string" then return nil, what .. " must be a string, not " .. type(text) end
  if #text > limit then return nil, what .. " has more than " .. limit .. " bytes" end
  if not kalito.text.valid(text) then return nil, what .. " is not valid UTF-8" end
  return text
end

function M.suggestions(list)
  if type(list) ~= "table" then return nil, "the suggestions must be a list, not " .. type(list) end
  local out = {}
  for i = 1, math.min(rawlen(list), 16) do
    local row = list[i]
    if type(row) ~= "table" then return nil, "suggestion " .. i .. " must be a table" end
    local content, message = check_text(row.content, "suggestion " .. i .. ".content", 4096)
    if not content or content == "" then return nil, message or "a suggestion is empty" end
    local importance = number_in(row.importance, 0, 1, "suggestion " .. i .. ".importance")
    if not importance then return nil, "suggestion " .. i .. ".importance must be between 0 and 1" end
    out[i] = { content = content, importance = importance, reasons = M.reasons(row.reasons) }
  end
  return out
end

function M.range(range, reasons)
  if range == nil then return nil end
  if type(range) ~= "table" or math.type(range.first) ~= "integer" or math.type(range.last) ~= "integer" then
    return nil, "the range must be nil or have integers `first` and `last`"
  end
  return { first = range.first, last = range.last }, M.reasons(reasons)
end

function M.messages(list)
  if type(list) ~= "table" then return nil, "the prompt must be a list of messages, not " .. type(list) end
  local out = {}
  for i = 1, math.min(rawlen(list), 1000) do
    local row = list[i]
    local content, message = check_text(type(row) == "table" and row.content, "message " .. i, 1 << 24)
    if not content then return nil, message end
    if row.role ~= "user" and row.role ~= "assistant" and row.role ~= "system" then
      return nil, "message " .. i .. " has no role"
    end
    out[i] = { role = row.role, content = content }
  end
  return out
end

function M.title(list)
  if list == nil then return nil end
  return M.messages(list)
end

function M.verdict(ok, reason)
  if type(ok) ~= "boolean" then return nil, "the verdict must be true or false, not " .. type(ok) end
  return ok, type(reason) == "string" and reason:sub(1, 256) or ""
end

function M.order(list)
  if type(list) ~= "table" then return nil, "the order must be a list, not " .. type(list) end
  local out = {}
  for i = 1, math.min(rawlen(list), 1000) do
    local row = list[i]
    if type(row) ~= "table" or math.type(row.id) ~= "integer" then return nil, "row " .. i .. " has no id" end
    local score, message = number_in(row.score, -1e9, 1e9, "row " .. i .. ".score")
    if not score then return nil, message end
    out[i] = { id = row.id, score = score + 0.0, reasons = M.reasons(row.reasons) }
  end
  return out
end

local decisions = { keep = true, archive = true, delete = true }

function M.decision(word, reason)
  if not decisions[word] then return nil, "the decision must be keep, archive or delete" end
  return word, type(reason) == "string" and reason:sub(1, 256) or ""
end

function M.summary(text)
  return check_text(text, "the summary", 1 << 24)
end

return M
