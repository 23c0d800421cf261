-- manual.lua: the text of `kalito script doc`: the contract of a kind of script, its options, where it is used, an
-- example.

local kalito = package.loaded.kalito
local behaviour = require "kalito.persona.behaviour"
local config = require "kalito.config"
local contract = require "kalito.policy.contract"
local template = require "kalito.policy.template"

local M = {}

-- What each kind is for, where it is asked, and what its functions are told beside `options`, `now` and `session`.
local about = {
  score = {
    "How much a message matters, 0 to 1, when it is added and when something happens to it.",
    used = "kalito add, chat and import; kalito score; chat:add in Lua",
    more = { "message: role, text, speaker, model, created_at, importance_score; a text over 64 KiB is cut for a file "
      .. "of your own, and message.truncated is true",
      "event: pinned, unpinned, summarised, edited, retried, rated_up, rated_down" },
  },
  pin = {
    "Which sentences of a message become automatic pins.",
    used = "kalito chat and chat:maintain in Lua, after a message is stored",
    more = { "ctx.pins: contents of all pins of the session, rejected ones too; ctx.shown: texts shown from memory; "
      .. "ctx.messages, ctx.auto: how many messages and automatic pins there are; ctx.previous: the message before",
      "at most 16 suggestions of at most 4096 bytes" },
  },
  summarize = {
    "When the live part of a session is summarised, what a model is asked, which answers are refused; and its title.",
    used = "kalito summary make, chat:summarize and chat:maintain in Lua",
    more = { "stats: live_messages, live_tokens, model_context, and list: the live messages, oldest first, as "
      .. "{ id, tokens, role }; it may lack the newest",
      "ctx.limit: tokens of the summary; ctx.model_context: of the model" },
  },
  context = {
    "How many pins, summaries, recalled and recent messages a context may have, and which part of the budget each.",
    used = "kalito context, why and chat; chat:context in Lua",
    more = { "ctx.budget: tokens; ctx.query: what is recalled",
      "a plan: pin, summary, recalled, recent = { limit, share, min_importance }; block, brevity" },
  },
  recall = {
    "The last word on what was found in the history for a query.",
    used = "kalito recall; every context with a query",
    more = { "candidates: best first: { id, score, role, importance_score, created_at, age_days, reasons }",
      "similarity: the cosine of its vector, when `embedding` is set and it is among the nearest",
      "only ids that were given can be given back" },
  },
  retain = {
    "What becomes of a session that nobody uses.",
    used = "kalito session cleanup",
    more = { "session: a row: id, name, saved, created_at, updated_at, archived_at, message_count" },
  },
}

local function columns(rows, out)
  local width = 0
  for _, row in ipairs(rows) do width = math.max(width, #row[1]) end
  for _, row in ipairs(rows) do out[#out + 1] = ("  %-" .. width .. "s  %s"):format(row[1], row[2]):gsub("%s+$", "") end
end

-- What a persona's file may decide in the place of the policies, for the sessions in which that persona answers.
local function decisions(out)
  out[#out + 1] = "\nIn its sessions it may decide in the place of a policy (kalito script doc KIND):"
  local rows = {}
  for kind in pairs(contract.personas) do
    for name, rule in pairs(contract.kinds[kind].functions) do
      rows[#rows + 1] = { name .. "(" .. rule.takes .. ")", kind .. ": " .. rule.gives }
    end
  end
  table.sort(rows, function(a, b) return a[1] < b[1] end)
  columns(rows, out)
  out[#out + 1] = "  ctx.persona is the persona's name, ctx.options are those of the shipped policy as you have set\n"
    .. "  them. Where a function is absent or fails, the usual policy decides. Imported messages are scored by\n"
    .. "  the usual policy; `kalito score SESSION` then scores them by the persona's file."
end

local others = {
  persona = { "personas",
    "Who answers: a row of the database, and a file of the same name when it behaves or decides.",
    { { "system(persona, ctx)", behaviour.functions.system.gives },
      { "before(turn, ctx)", behaviour.functions.before.gives },
      { "after(reply, ctx)", behaviour.functions.after.gives } },
    more = decisions },
  provider = { "providers", "How a model server is asked and how its answer is read.",
    { { "request(messages, settings)", "{ url, headers, body, stream }" },
      { "parse(event, state)", "list of deltas { text =, done =, usage =, error = }, and the state" } } },
  command = { "commands", "A command of the program.",
    { { "run(args, app)", "true or an exit status; or nil, message, code" } } },
}

local function value_text(value)
  if type(value) == "string" then return ("%q"):format(value) end
  if type(value) ~= "table" then return tostring(value) end
  local list = {}
  for i = 1, math.min(3, #value) do list[i] = value_text(value[i]) end
  return "{ " .. table.concat(list, ", ") .. (#value > 3 and (", ... } (%d)"):format(#value) or " }")
end

-- The comment behind the line that sets an option, when it sets no other.
local function comment_of(source, name)
  local n, at = 0, config.line_of(source, name)
  for line in source:gmatch "(.-)\n" do
    n = n + 1
    if n == at then return select(2, line:gsub("[%w_]+%s*=", "")) == 1 and line:match "%-%-%s*(.*)$" or nil end
  end
end

local function options_of(kind, out)
  local rows, source = {}, kalito.embedded("policies/" .. kind)
  for name, value in pairs(kalito.script.builtin("policies/" .. kind).defaults) do
    local comment = comment_of(source, name)
    rows[#rows + 1] = { name, value_text(value) .. (comment and "   " .. comment or "") }
  end
  table.sort(rows, function(a, b) return a[1] < b[1] end)
  out[#out + 1] = "\nOptions, with the defaults of the shipped policy (yours in config.lua: policies." .. kind .. "):"
  columns(rows, out)
end

local function policy_text(kind)
  local rows = {}
  local out = { "policies/" .. kind .. ".lua", about[kind][1], "\nUsed by: " .. about[kind].used, "\nFunctions:" }
  for name, rule in pairs(contract.kinds[kind].functions) do
    rows[#rows + 1] = { name .. "(" .. rule.takes .. ")", rule.gives }
  end
  table.sort(rows, function(a, b) return a[1] < b[1] end)
  columns(rows, out)
  out[#out + 1] = "  A function that is absent is the shipped one. ctx has options, now and mostly session."
  for _, line in ipairs(about[kind].more) do out[#out + 1] = "  " .. line end
  options_of(kind, out)
  local rule = contract.kinds[kind]
  out[#out + 1] = ("\nTests: tests = { { name =, given = {%s options =, ctx = }, expect = %s } }"):format(rule.given,
    rule.expect)
  out[#out + 1] = "  Only the keys in `expect` are compared. A text or a number may also be"
    .. " { contains =, lacks =, min =, max = }."
  out[#out + 1] = "\nExample (kalito script new " .. kind .. " --extend):\n"
  return table.concat(out, "\n") .. "\n" .. template.extend(kind):gsub("^.-\n\n", "")
end

local function other_text(word)
  local folder, what, functions = table.unpack(others[word])
  local out = { folder .. "/NAME.lua", what, "\nFunctions:" }
  columns(functions, out)
  if others[word].more then others[word].more(out) end
  out[#out + 1] = "\nExample (kalito script new " .. word .. " NAME):\n"
  return table.concat(out, "\n") .. "\n" .. template.blank(folder, "example")
end

---The names that have a text, ascending.
---@return string[]
function M.names()
  local list = contract.names()
  for name in pairs(others) do list[#list + 1] = name end
  table.sort(list)
  return list
end

---What to answer to a name that is none of them.
---@param word string
---@return string
function M.unknown(word)
  local near = kalito.nearest(word, M.names())
  return ("no kind of script is called '%s'%s: %s"):format(word, near and " (did you mean '" .. near .. "'?)" or "",
    table.concat(M.names(), ", "))
end

---@param word string a kind of policy, or persona, provider, command
---@return string? text nil: there is none
function M.text(word)
  if about[word] then return policy_text(word) end
  return others[word] and other_text(word)
end

---The folder of persona, provider and command.
---@param word string
---@return string?
function M.folder(word)
  return others[word] and others[word][1]
end

return M
