-- message: single messages.

local print = require "kalito.terminal.print"
local need = require("kalito.reading").need
local resolve = require "kalito.resolve"

local function number(text)
  local id = math.tointeger(tonumber(text))
  if not id or id < 1 then return nil, "the id of a message is a whole number, not '" .. text .. "'", "usage" end
  return id
end

-- Opens the database and finds the message; the command goes on with both.
local function with_message(mode, run)
  return function(args, app)
    local id, message, code = number(args.id)
    if not id then return nil, message, code end
    local db, row
    db, message, code = app.open(mode)
    if not db then return nil, message, code end
    row, message, code = db.message.get(id)
    if not row then return nil, message, code end
    return run(args, db, row)
  end
end

local function list(args, db, session)
  local newest = not args.order and args.limit
  local rows, message, code = db.message.find {
    session = session.id, role = args.role, since = args.since, before = args.before,
    min_importance = args.min_importance, limit = args.limit, order = newest and "newest" or args.order,
    scope = args.archived and "archived" or args.live and "live" or nil,
  }
  if not rows then return nil, message, code end
  if newest then -- the last N, shown in the order they were said
    for i = 1, #rows // 2 do rows[i], rows[#rows - i + 1] = rows[#rows - i + 1], rows[i] end
  end
  print.rows(rows, {
    { "ID", right = true }, { "CREATED", key = "created_at" }, { "ROLE" }, { "SCORE", key = "importance_score" },
    { "TEXT", wide = true },
  })
  return true
end

local function show(_, _, row)
  print.row(row, { "id", "session", "role", "speaker", "model", "token_usage", "importance_score", "score_reasons",
    "created_at", "external_id", "text" })
  return true
end

local function set(args, db, row)
  local change = { id = row.id, role = args.role, text = args.text, speaker = args.speaker }
  change.importance_score = args.importance
  if args.text == "-" then change.text = io.stdin:read("a"):gsub("\n$", "") end
  if args.importance then change.score_reasons = kalito.json.encode { { "set by hand", args.importance } } end
  if change.text and not args.importance then -- importance follows the edit
    local edited, message, code = kalito.conversation(db, row.session):edit(row.id, change.text)
    if not edited then return nil, message, code end
    change.text = nil
  end
  local ok, message, code = db.message.set(change)
  if not ok then return nil, message, code end
  print.result(need(db.message.get(row.id)), tostring(row.id))
  return true
end

local function delete(_, db, row)
  local ok, message, code = db.message.del(row.id)
  if not ok then return nil, message, code end
  print.result({ deleted = row.id }, "deleted " .. row.id)
  return true
end

local ID = { "id", "id of the message, a number" }

return {
  name = "message",
  summary = "List, show, change and remove messages",
  commands = {
    list = {
      summary = "List the messages of a session, oldest first",
      arguments = { { "session", "id, beginning of an id, or name" } },
      options = {
        { "limit", "N", "the last N; with --order the first N", type = "integer", min = 1, max = 1000000000 },
        { "order", "ORDER", "oldest, newest or importance" },
        { "role", "ROLE", "user, assistant, system or tool" },
        { "since", "TIME", "written at or after TIME" },
        { "before", "TIME", "written before TIME" },
        { "min-importance", "NUMBER", "importance at least NUMBER", type = "number", min = 0, max = 1 },
        { "archived", nil, "archived ones only" },
        { "live", nil, "ones not archived only" },
      },
      example = "kalito message list Trip --role user --since 2025-03-01 --limit 20",
      run = resolve.with_session("read", list),
    },
    show = { summary = "Show one message", arguments = { ID }, example = "kalito message show 42",
      run = with_message("read", show) },
    set = {
      summary = "Change a message",
      arguments = { ID },
      options = {
        { "text", "TEXT", "the new text; - reads it from standard input" },
        { "role", "ROLE", "user, assistant, system or tool" },
        { "speaker", "NAME", "who speaks" },
        { "importance", "NUMBER", "0 to 1", type = "number", min = 0, max = 1 },
      },
      example = "kalito message set 42 --importance 0.9",
      run = with_message("write", set),
    },
    delete = { summary = "Delete one message", arguments = { ID }, example = "kalito message delete 42",
      run = with_message("write", delete) },
  },
}
