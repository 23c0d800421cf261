-- forget.lua: `kalito session forget`: removing content for good, and telling which backups still hold it.

local kalito = package.loaded.kalito
local backups = require "kalito.backups"
local print = require "kalito.print"
local resolve = require "kalito.resolve"

local function count_like(db, session, text)
  local sql = {}
  for _, part in ipairs { { "messages", "text" }, { "semantic_pins", "content" },
    { "conversation_summaries", "summary" } } do
    sql[#sql + 1] = ("SELECT '%s' AS kind, session_id AS session, CAST(id AS TEXT) AS id, substr(%s, 1, 200) AS text"
      .. " FROM %s WHERE (:session IS NULL OR session_id = :session) AND instr(lower(%s), lower(:text)) > 0"):format(
      part[1], part[2], part[1], part[2])
  end
  return db.sql(table.concat(sql, " UNION ALL "), { session = session or kalito.json.null, text = text })
end

local function dry_run(db, session, args)
  if not args.like then
    print.result(session, ("would forget %s with %d messages"):format(session.id, session.message_count))
    return true
  end
  local rows, message, code = count_like(db, session and session.id, args.like)
  if not rows then return nil, message, code end
  print.rows(rows, { { "KIND" }, { "ID" }, { "SESSION" }, { "TEXT", wide = true } })
  print.note("would forget " .. #rows .. " rows")
  return true
end

local function run(args, app)
  if not args.session and not args.like then return nil, "SESSION or --like TEXT is missing", "usage" end
  local db, message, code = app.open "write"
  if not db then return nil, message, code end
  local session, count
  if args.session then
    session, message, code = resolve.session(db, args.session)
    if not session then return nil, message, code end
  end
  if args.dry_run then return dry_run(db, session, args) end
  count, message, code = db.session.forget { session = session and session.id, like = args.like }
  if not count then return nil, message, code end
  local held = backups.holders(db, app.path())
  print.result({ forgotten = count, backups = kalito.json.array(held) },
    args.like and ("forgot %d rows"):format(count) or "forgot " .. session.id)
  for _, path in ipairs(held) do print.note("a backup may still hold it: " .. path) end
  return true
end

return {
  summary = "Remove content for good: from rows, search index, free pages and log",
  details = "Deleted rows otherwise stay readable in the file for a while. Writes the whole file anew, and names the\n"
    .. "backups that may still hold it. Backups elsewhere are not known here.",
  arguments = { { "session", "id, beginning of an id, or name (with --like: only there)", optional = true } },
  options = {
    { "like", "TEXT", "only the messages, pins, summaries and traces that hold TEXT" },
    { "dry-run", nil, "only show what would be forgotten" },
  },
  example = "kalito session forget --like 'my address'",
  run = run,
}
