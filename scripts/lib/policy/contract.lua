-- contract.lua: what each kind of policy must give: its functions, what they take, and what counts as an answer.
-- The host validates every answer with these, whoever wrote the policy; `kalito script test` and `doc` read them too.

local M = {}

---A check takes the results of a function and gives them back, made safe, or nil and what is wrong with them.
---@alias kalito.Check fun(...): ...

-- Most runs need the check of one kind, and a context none of them.
local function check(name)
  return function(...) return require("kalito.policy.answers")[name](...) end
end

local function check_plan(plan)
  if type(plan) ~= "table" then return nil, "the plan must be a table, not " .. type(plan) end
  return plan -- the core takes every value to the nearest that makes sense
end

---The kinds of policies: their functions in order, each with what it takes, gives, and its check; and how a
---carried test becomes a call: `test(given)` gives the function's name and its arguments without ctx. `given` and
---`expect` say for people what stands in a test.
---@type table<string, { functions: table<string, table>, test: function }>
M.kinds = {
  score = {
    functions = {
      score = { takes = "message, ctx", gives = "number 0..1, reasons", check = check "score" },
      update = { takes = "message, event, ctx", gives = "number 0..1, reasons", check = check "score" },
    },
    given = " message =, event =,", expect = "{ score =, reasons = { names } }",
    test = function(given)
      if given.event then return "update", given.message, given.event end
      return "score", given.message
    end,
  },
  pin = {
    functions = {
      suggest = { takes = "message, ctx", gives = "list of {content, importance}", check = check "suggestions" },
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
      due = { takes = "stats, ctx", gives = "{first, last} or nil, reasons", check = check "range", optional = true },
      prompt = { takes = "messages, ctx", gives = "messages for the model", check = check "messages" },
      accept = { takes = "text, messages, ctx", gives = "true, or false and a reason", check = check "verdict" },
      extract = { takes = "messages, ctx", gives = "the summary", check = check "summary" },
      title = { takes = "messages, ctx", gives = "messages for the model; nil: the first words", check = check "title",
        optional = true },
      importance = { takes = "summary, messages, ctx", gives = "number 0..1, reasons", check = check "score" },
    },
    given = " call = NAME, arguments = { all but ctx },",
    expect = "{ due =, first =, last =, reasons =, count =, ok =, reason =, text =, tokens =, score = }, as it gives",
    test = function(given) return given.call, table.unpack(given.arguments) end,
  },
  recall = {
    functions = {
      adjust = { takes = "candidates, query, ctx", gives = "list of {id, score, reasons}", check = check "order" },
    },
    given = " candidates =, query =,", expect = "{ count =, { id =, score = } }",
    test = function(given) return "adjust", given.candidates, given.query end,
  },
  retain = {
    functions = {
      decide = { takes = "session, ctx", gives = "keep, archive or delete, and a reason", check = check "decision" },
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
