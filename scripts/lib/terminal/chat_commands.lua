-- chat_commands.lua: the words that begin with a slash in a chat. What a command of the program does, they do by
-- running that command.

local kalito = package.loaded.kalito
local args = require "kalito.terminal.args"
local chats = require "kalito.terminal.chat"
local layout = require "kalito.terminal.layout"
local models = require "kalito.model.models"
local print = require "kalito.terminal.print"
local need = require("kalito.reading").need
local resolve = require "kalito.resolve"
local script = require "kalito.script"

local M = {}

-- Runs a command of the program on the chat's session, with the database that is open.
local function run(chat, name, sub, argv)
  local spec = assert(script.load(assert(script.find("commands/" .. name))))
  if sub then spec = spec.commands[sub] end
  local values, message = args.parse(spec, argv)
  if not values then return nil, message, "usage" end
  local app = setmetatable({ open = function() return chat.db end }, { __index = chat.app })
  return spec.run(values, app)
end

local function with_session(chat, name, sub, ...)
  return run(chat, name, sub, { chat.talk.id, ... })
end

-- A word that changes what the chat is about; without a value it says what that is.
local function setting(show, set)
  return function(chat, rest)
    if rest ~= "" then
      local ok, message, code = set(chat, rest)
      if not ok then return nil, message, code end
    end
    print.note(show(chat) or "none")
    return true
  end
end

local function set_persona(chat, name)
  local persona, message, code = resolve.persona(chat.db, name)
  if not persona then return nil, message, code end
  return chat.db.session.set { id = chat.talk.id, persona = persona.id }
end

local function show_persona(chat)
  local session = need(chat.db.session.get(chat.talk.id)) or {}
  return (need(chat.db.persona.get(session.persona or "")) or {}).name
end

local function set_model(chat, name)
  local target, message, code = models.target(name)
  if not target then return nil, message, code end
  chat.model, chat.notebook = target.name, false
  return chat.db.session.set { id = chat.talk.id, model = target.name }
end

local choose_model = setting(chats.model_name, set_model)

local function model(chat, rest)
  local ok, message, code = choose_model(chat, rest)
  if ok and rest == "" then print.note(require("kalito.terminal.chat_models").offer()) end
  return ok, message, code
end

local function set_budget(chat, text)
  local budget = math.tointeger(tonumber(text))
  if not budget or budget < 1 or budget > 10000000 then return nil, "the budget is a number of tokens", "usage" end
  chat.budget = budget
  return true
end

local function show_budget(chat)
  local sizes = chats.sizes(chat, true)
  if not sizes.context then return tostring(sizes.budget) end
  return ("%d, of %d that %s holds"):format(sizes.budget, sizes.context, chats.model_name(chat))
end

local function retry(chat)
  if chat.notebook then return nil, "a notebook asks nobody: /model NAME", "usage" end
  return chats.run(chat, "retry")
end

local function edit(chat, rest)
  if rest == "" then return nil, "say the new text: /edit TEXT", "usage" end
  local row, message, code = chat.talk:edit_last(rest)
  if not row then return nil, message, code end
  if chat.notebook then return true end
  return chats.run(chat, "retry")
end

local function undo(chat)
  local rows, message, code = chat.talk:undo()
  if not rows then return nil, message, code end
  for _, row in ipairs(rows) do
    print.note(("removed %d %s: %s"):format(row.id, row.role, layout.shorten(row.text, 60)))
  end
  return true
end

local function rate(chat, rest)
  if rest ~= "up" and rest ~= "down" then return nil, "say /rate up or /rate down", "usage" end
  local row, message, code = chat.talk:rate(rest)
  if not row then return nil, message, code end
  print.note(("importance of the answer is %.2f"):format(row.importance_score))
  return true
end

local function pin(chat, rest)
  if rest == "" then return with_session(chat, "pin", "list") end
  local verb, id = rest:match "^(%l+)%s+(%x[%x-]+)$"
  if verb == "accept" or verb == "reject" or verb == "delete" then return run(chat, "pin", verb, { id }) end
  return with_session(chat, "pin", "add", "--", rest)
end

local function summarise(chat)
  return with_session(chat, "summary", "make", table.unpack(require("kalito.terminal.chat_summary").words(chat)))
end

local function save(chat, rest)
  local row = { id = chat.talk.id, saved = true, name = rest ~= "" and rest or nil }
  local ok, message, code = chat.db.session.set(row)
  if not ok then return nil, message, code end
  print.note("saved as " .. ((need(chat.db.session.get(chat.talk.id)) or {}).name or chat.talk.id))
  return true
end

local function context(chat, rest)
  local words = { "--explain", "--budget=" .. chats.budget(chat, true) }
  if rest ~= "" then words[3] = "--query=" .. rest end
  return with_session(chat, "context", nil, table.unpack(words))
end

local list = {
  { "context", "[QUERY]", "what the model would be told, and why", context },
  { "why", "[TURN]", "what it was told for a turn, and what has changed since", function(chat, rest)
    return with_session(chat, "why", nil, rest ~= "" and rest or nil)
  end },
  { "pin", "[TEXT]", "keep a text in sight; list pins; /pin accept|reject|delete ID", pin },
  { "persona", "[NAME]", "who answers", setting(show_persona, set_persona) },
  { "model", "[NAME]", "which model answers, and which there are", model },
  { "budget", "[N]", "tokens of what is sent", setting(show_budget, set_budget) },
  { "retry", "", "ask for another answer", retry },
  { "edit", "TEXT", "change your last message, and ask again", edit },
  { "undo", "", "remove your last message and its answer", undo },
  { "summarise", "", "summarise what is due", summarise },
  { "rate", "up|down", "say whether the last answer was of use", rate },
  { "save", "[NAME]", "keep the session", save },
  { "quit", "", "leave; so does Ctrl-D", function(chat) chat.over = true return true end },
}

local function help()
  for _, row in ipairs(list) do
    print.write(("%-20s %s\n"):format("/" .. row[1] .. (row[2] ~= "" and " " .. row[2] or ""), row[3]))
  end
  print.write 'A line that ends with \\ goes on; """ begins and ends a text of several lines; // is a slash.\n'
  return true
end
list[#list + 1] = { "help", "", "this list", help }

---The words, ascending.
M.words = {}
local by_word = {}
for i, row in ipairs(list) do
  M.words[i], by_word[row[1]] = row[1], row[4]
end
table.sort(M.words)

---Runs a line that begins with a slash.
---@param chat kalito.Chat
---@param line string
---@return boolean? ok, string? message, string? code
function M.run(chat, line)
  local word, rest = line:match "^/(%S*)%s*(.-)%s*$"
  local action = by_word[word == "summarize" and "summarise" or word]
  if action then return action(chat, rest) end
  local near = kalito.nearest(word, M.words)
  return nil, ("there is no /%s%s"):format(word, near and ": did you mean /" .. near .. "?" or ": see /help"), "usage"
end

return M
