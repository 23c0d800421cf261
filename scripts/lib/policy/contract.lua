-- contract.lua: what each kind of policy must give: its functions, what they take, and what counts as an answer.
-- The host validates every answer with these, whoever wrote the policy; `kalito script test` and `doc` read them too.

local kalito = package.loaded.kalito

local M = {}

---A check takes the results of a function and gives them back, made safe, or nil and what is wrong with them.
---@alias kalito.Check fun(...): ...

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

local function check_score(number, reasons)
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

local function check_suggestions(list)
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

local function check_plan(plan)
  if type(plan) ~= "table" then return nil, "the plan must be a table, not " .. type(plan) end
  return plan -- the core takes every value to the nearest that makes sense
end

local function check_range(range, reasons)
  if range == nil then return nil end
  if type(range) ~= "table" or math.type(range.first) ~= "integer" or math.type(range.last) ~= "integer" then
    return nil, "the range must be nil or have integers `first` and `last`"
  end
  return { first = range.first, last = range.last }, M.reasons(reasons)
end

local function check_messages(list)
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

local function check_title(list)
  if list == nil then return nil end
  return check_messages(list)
end

local function check_verdict(ok, reason)
  if type(ok) ~= "boolean" then return nil, "the verdict must be true or false, not " .. type(ok) end
  return ok, type(reason) == "string" and reason:sub(1, 256) or ""
end

local function check_order(list)
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

local function check_decision(word, reason)
  if not decisions[word] then return nil, "the decision must be keep, archive or delete" end
  return word, type(reason) == "string" and reason:sub(1, 256) or ""
end

local function text_check(what)
  return function(text) return check_text(text, what, 1 << 24) end
end

---The kinds of policies: their functions in order, each with what it takes, gives, and its check; and how a
---carried test becomes a call: `test(given)` gives the function's name and its arguments without ctx. `given` and
---`expect` say for people what stands in a test.
---@type table<string, { functions: table<string, table>, test: function }>
M.kinds = {
  score = {
    functions = {
      score = { takes = "message, ctx", gives = "number 0..1, reasons", check = check_score },
      update = { takes = "message, event, ctx", gives = "number 0..1, reasons", check = check_score },
    },
    given = " message =, event =,", expect = "{ score =, reasons = { names } }",
    test = function(given)
      if given.event then return "update", given.message, given.event end
      return "score", given.message
    end,
  },
  pin = {
    functions = {
      suggest = { takes = "message, ctx", gives = "list of {content, importance}", check = check_suggestions },
    },
    given = " message =,", expect = "{ count =, { content =, importance =, reasons = { names } } }",
    test = function(given) return "suggest", given.message end,
  },
  context = {
    functions = { plan = { takes = "ctx", gives = "plan", check = check_plan } },
    given = "", expect = "the plan",
    test = function() return "plan" end,
  },
  summarize = {
    functions = {
      due = { takes = "stats, ctx", gives = "{first, last} or nil, reasons", check = check_range, optional = true },
      prompt = { takes = "messages, ctx", gives = "messages for the model", check = check_messages },
      accept = { takes = "text, messages, ctx", gives = "true, or false and a reason", check = check_verdict },
      extract = { takes = "messages, ctx", gives = "the summary", check = text_check "the summary" },
      title = { takes = "messages, ctx", gives = "messages for the model; nil: the first words", check = check_title,
        optional = true },
      importance = { takes = "summary, messages, ctx", gives = "number 0..1, reasons", check = check_score },
    },
    given = " call = NAME, arguments = { all but ctx },",
    expect = "{ due =, first =, last =, reasons =, count =, ok =, reason =, text =, tokens =, score = }, as it gives",
    test = function(given) return given.call, table.unpack(given.arguments) end,
  },
  recall = {
    functions = {
      adjust = { takes = "candidates, query, ctx", gives = "list of {id, score, reasons}", check = check_order },
    },
    given = " candidates =, query =,", expect = "{ count =, { id =, score = } }",
    test = function(given) return "adjust", given.candidates, given.query end,
  },
  retain = {
    functions = {
      decide = { takes = "session, ctx", gives = "keep, archive or delete, and a reason", check = check_decision },
    },
    given = " session =,", expect = "{ decision =, reason = }",
    test = function(given) return "decide", given.session end,
  },
}

---The kinds whose functions a persona's file may have, for its own sessions.
M.personas = { score = true, pin = true, context = true }

---The kind that a function of a persona's file decides for; nil for others.
---@param name string
---@return string?
function M.kind_of(name)
  for kind in pairs(M.personas) do
    if M.kinds[kind].functions[name] then return kind end
  end
  return nil
end

---The names of the kinds, ascending.
---@return string[]
function M.names()
  local list = {}
  for name in pairs(M.kinds) do list[#list + 1] = name end
  table.sort(list)
  return list
end

return M
