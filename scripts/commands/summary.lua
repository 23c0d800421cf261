-- summary: summaries of ranges of messages, which archive them.

local archive = require "kalito.memory.archive"
local print = require "kalito.terminal.print"
local resolve = require "kalito.resolve"

local function list(args, db, session)
  local rows, message, code = db.summary.find {
    session = session and session.id, limit = args.limit, min_importance = args.min_importance,
  }
  if not rows then return nil, message, code end
  print.rows(rows, {
    { "ID" }, { "CREATED", key = "created_at" }, { "SCORE", key = "importance_score" },
    { "MESSAGES", key = "message_count", right = true }, { "FROM", key = "start_message_id" },
    { "TO", key = "end_message_id" }, { "SUMMARY", wide = true },
  })
  return true
end

local function show(args, app)
  local db, message, code = app.open "read"
  if not db then return nil, message, code end
  local row
  row, message, code = db.summary.get(args.id)
  if not row then return nil, message, code end
  row.tokens = kalito.text.tokens(row.summary)
  print.row(row, { "id", "session", "message_count", "start_message_id", "end_message_id", "importance_score",
    "origin", "model", "level", "parent", "source_tokens", "tokens", "policy", "created_at", "summary" })
  return true
end

local function told(row)
  local by = row.origin == "model" and "by " .. row.model or "without a model"
  local messages = print.count(row.message_count, "message")
  if row.level > 0 then return ("summarised summaries of %s %s"):format(messages, by) end
  return ("summarised %s %s: %s to %s"):format(messages, by, row.start_message_id, row.end_message_id)
end

-- All that is due; nothing being due is no failure.
local function make_due(chat, options)
  local rows = kalito.json.array {}
  function options.on_step(row)
    rows[#rows + 1] = row
    if not print.json then print.write(row.id .. "\n") end
    print.note(told(row))
  end
  local done, message, code = chat:maintain(options)
  if not done then return nil, message, code end
  if done.title then print.note("the session is called " .. print.safe(done.title)) end
  for _, note in ipairs(done.notes) do print.note(note) end
  if #rows == 0 then print.note "nothing is due" end
  if print.json then print.object(rows) end
  return true
end

local function make(args, db, session)
  local chat = kalito.conversation(db, session.id)
  local options = { model = args.model, budget = args.budget }
  if args.no_model then options.model = false end
  if args.due then return make_due(chat, options) end
  options.range = args.last and { last = args.last }
  local row, message, code = chat:summarize(options)
  if not row and not message then return nil, "nothing is due: --last says up to which message", "not_found" end
  if not row then return nil, message, code end
  if message then print.note(message) end
  print.note(told(row))
  print.result(row, row.id)
  return true
end

-- Undo and redo.
local function again(verb)
  return resolve.with_session("write", function(_, db, session)
    local row, message, code = archive[verb](kalito.conversation(db, session.id))
    if not row then return nil, message, code end
    print.note(print.count(row.message_count, "message") .. (verb == "undo" and " live again" or " archived again"))
    print.result(row, row.id)
    return true
  end)
end

local SESSION = { "session", "id, beginning of an id, or name" }

return {
  name = "summary",
  summary = "List, show, make, undo and redo summaries",
  commands = {
    list = {
      summary = "List summaries, oldest first",
      arguments = { { "session", "id, beginning of an id, or name (default: all)", optional = true } },
      options = {
        { "min-importance", "NUMBER", "importance at least NUMBER", type = "number", min = 0, max = 1 },
        { "limit", "N", "at most N", type = "integer", min = 1, max = 1000000000 },
      },
      example = "kalito summary list Trip",
      run = resolve.with_session("read", list),
    },
    make = {
      summary = "Summarise what is due, and archive the messages",
      details = "Asks the model, or extracts sentences when there is none or its text is refused. Nothing is deleted:\n"
        .. "archived messages are still found, and the summary can be undone.",
      arguments = { SESSION },
      options = {
        { "due", nil, "all that is due, summaries of summaries and the title too; nothing being due is no failure" },
        { "last", "ID", "up to this message, due or not", type = "integer", min = 1 },
        { "model", "NAME", "the model that writes (default: the session's)" },
        { "no-model", nil, "without a model" },
        { "budget", "N", "tokens of the model's context (default: what is known of it)", type = "integer", min = 1,
          max = 10000000 },
      },
      example = "kalito summary make Trip --due",
      run = resolve.with_session("write", make),
    },
    undo = { summary = "Take back the newest summary: its messages are live again", arguments = { SESSION },
      example = "kalito summary undo Trip", run = again "undo" },
    redo = { summary = "Make the summary again that was undone last", arguments = { SESSION },
      example = "kalito summary redo Trip", run = again "redo" },
    show = { summary = "Show one summary", arguments = { { "id", "id of the summary" } },
      example = "kalito summary show 3e0f5a52-6f0c-4a1e-8b43-0d6f1d2a7c11", run = show },
  },
}
