-- chat: talking to a model, with memory; or keeping a notebook.

local chats = require "kalito.terminal.chat"
local summary = require "kalito.terminal.chat_summary"
local print = require "kalito.terminal.print"
local need = require("kalito.reading").need
local resolve = require "kalito.resolve"

-- The session, or a new temporary one.
local function session_of(args, db)
  if args.session then
    local session, message, code = resolve.session(db, args.session)
    if code == "not_found" then message = message .. ": kalito session new NAME begins one" end
    return session, message, code
  end
  return db.session.add { saved = false }
end

local function choose_persona(args, db, session)
  if not args.persona then return true end
  local persona, message, code = resolve.persona(db, args.persona)
  if not persona then return nil, message, code end
  return db.session.set { id = session.id, persona = persona.id }
end

local function report(message)
  io.stdout:flush()
  io.stderr:write("kalito: ", print.safe_lines(message), "\n")
end

local function describe(problem)
  if type(problem) == "table" and problem.message then return problem.message end
  return (tostring(problem):gsub("^kalito/[%w_/]+%.lua:%d+: (interrupted)$", "%1"))
end

-- One text, or one word with a slash. What fails is told, and the chat goes on.
local function step(chat, commands, input)
  summary.tell(chat)
  local text, why = input.read(chat.input, chats.prompt(chat))
  if not text and not why then
    print.write "\n"
    chat.over = true
  end
  if not text or not text:find "%S" then return end
  local ok, message
  if text:find "^/[^/]" or text == "/" then
    ok, message = commands.run(chat, text)
  else
    ok, message = chats.say(chat, (text:gsub("^//", "/")))
  end
  if not ok then report(message) end
  print.flush()
  summary.start(chat)
end

-- A character opens a new session. Gives how many messages that are.
local function greet(chat)
  if not chat.begun then return 0 end
  local row, message = require("kalito.card.store").greet(chat.db, need(chat.db.session.get(chat.talk.id)))
  if message then report(message) end
  if row then print.write(print.safe_lines(row.text) .. "\n\n") end
  return row and 1 or 0
end

local function talk(chat)
  local commands, input = require "kalito.terminal.chat_commands", require "kalito.terminal.chat_input"
  chat.input = input.new(commands.words)
  local session = need(chat.db.session.get(chat.talk.id)) or {}
  print.note(("%s%s. /help helps, Ctrl-D leaves."):format(session.name or "a new session",
    session.saved and "" or ", temporary until /save"))
  if session.recap then print.note(session.recap) end
  if not chat.notebook and not chats.model_name(chat) then
    print.note(require("kalito.terminal.chat_models").offer())
  end
  chat.greetings = greet(chat)
  repeat
    local fine, problem = kalito.term.guard(function() step(chat, commands, input) end, describe)
    if not fine then report(problem) end
  until chat.over
  return true
end

local function answer_once(chat)
  local text = io.stdin:read("a"):gsub("\n$", "")
  if not text:find "%S" then return nil, "nothing was said", "usage" end
  local ok, message, code = chats.say(chat, text)
  if not ok then
    local hint = chat.notebook or chats.model_name(chat)
    return nil, hint and message or message .. "; --no-model keeps a notebook", code
  end
  print.flush()
  summary.start(chat)
  return true
end

return {
  name = "chat",
  summary = "Talk to a model that remembers",
  details = "Without SESSION a new one is begun; it is temporary until /save. In a pipe, one question is answered.\n"
    .. "Ctrl-C stops an answer and keeps what came. /help lists what can be done.",
  arguments = { { "session", "id, beginning of an id, or name", optional = true } },
  options = {
    { "persona", "NAME", "who answers" },
    { "model", "NAME", "which model, such as ollama:mistral:7b" },
    { "budget", "N", "tokens of what is sent", type = "integer", min = 1, max = 10000000 },
    { "no-model", nil, "a notebook: everything is remembered, nothing is sent" },
  },
  example = "echo 'Where did we park?' | kalito chat Trip --model ollama:mistral:7b",
  run = function(args, app)
    local db, message, code = app.open "write"
    if not db then return nil, message, code end
    local session, ok
    session, message, code = session_of(args, db)
    if not session then return nil, message, code end
    ok, message, code = choose_persona(args, db, session)
    local terminal = kalito.system.isatty "stdin" and kalito.system.isatty "stdout"
    local chat = { db = db, talk = kalito.conversation(db, session.id), app = app, model = args.model,
      budget = args.budget, notebook = args.no_model, terminal = terminal, begun = not args.session, greetings = 0 }
    if ok then ok, message, code = (terminal and talk or answer_once)(chat) end
    -- A session that nobody has said anything in is not left behind.
    local count = not args.session and (db.session.get(session.id) or {}).message_count
    if count and count <= chat.greetings then db.session.del(session.id) end
    return ok, message, code
  end,
}
