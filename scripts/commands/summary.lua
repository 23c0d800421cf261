-- summary: summaries of ranges of messages.

local print = require "kalito.print"
local resolve = require "kalito.resolve"

local function list(args, app)
  local db, message, code = app.open "read"
  if not db then return nil, message, code end
  local session
  if args.session then
    session, message, code = resolve.session(db, args.session)
    if not session then return nil, message, code end
  end
  local rows = db.summary.find {
    session = session and session.id, limit = args.limit, min_importance = args.min_importance,
  }
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
  print.row(row, { "id", "session", "message_count", "start_message_id", "end_message_id", "importance_score",
    "created_at", "summary" })
  return true
end

return {
  name = "summary",
  summary = "List and show summaries",
  commands = {
    list = {
      summary = "List summaries, oldest first",
      arguments = { { "session", "id, beginning of an id, or name (default: all)", optional = true } },
      options = {
        { "min-importance", "NUMBER", "importance at least NUMBER", type = "number", min = 0, max = 1 },
        { "limit", "N", "at most N", type = "integer", min = 1, max = 1000000000 },
      },
      example = "kalito summary list Trip",
      run = list,
    },
    show = { summary = "Show one summary", arguments = { { "id", "id of the summary" } },
      example = "kalito summary show 3e0f5a52-6f0c-4a1e-8b43-0d6f1d2a7c11", run = show },
  },
}
