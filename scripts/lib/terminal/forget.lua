-- forget.lua: `kalito session forget`: removing content for good, and telling where it still is: in backups, in prompts
-- of personas, in the history of the prompt.

local kalito = package.loaded.kalito
local backups = require "kalito.transfer.backups"
local print = require "kalito.terminal.print"
local resolve = require "kalito.resolve"

-- Does the text hold the other one, in any case of ASCII letters? That is enough for a hint.
local function has(text, like)
  return text and text:lower():find(like:lower(), 1, true) ~= nil
end

-- What forgetting leaves alone.
local function tell_others(db, like)
  for persona in db.persona.each() do
    if has(persona.prompt, like) or has(persona.description, like) then
      print.note(("the persona %s holds it: kalito persona edit"):format(print.safe(persona.name)))
    end
  end
  local history = require "kalito.terminal.history".path()
  if history and has(require("kalito.script").read(history), like) then
    print.note("the history of the prompt holds it: " .. history)
  end
end

local function dry_run(db, session, args)
  if not args.like then
    print.result(session, ("would forget %s with %s"):format(session.id, print.count(session.message_count, "message")))
    return true
  end
  local rows, count, code = db.session.holders { session = session and session.id, like = args.like }
  if not rows then return nil, count, code end
  print.rows(kalito.json.array(rows), { { "KIND" }, { "ID" }, { "SESSION" }, { "TEXT", wide = true } })
  print.note("would forget " .. print.count(count, "row"))
  if not session then tell_others(db, args.like) end
  return true
end

-- Asks a backup for what was forgotten.
local function holds_of(session, like)
  return function(db)
    local named = session and session.id
    if not like then
      local row, _, code = db.session.get(named)
      return row ~= nil or code ~= "not_found" -- who cannot be asked may hold it
    end
    local rows, count = db.session.holders { session = named, like = like }
    return not rows or count > 0
  end
end

local function run(args, app)
  if not args.session and not args.like then return nil, "SESSION or --like TEXT is missing", "usage" end
  if args.like and #args.like < 3 then return nil, "--like must have at least 3 bytes", "usage" end
  local db, message, code = app.open(args.dry_run and "read" or "write")
  if not db then return nil, message, code end
  local session, count
  if args.session then
    session, message, code = resolve.session(db, args.session)
    -- Gone already: what an interrupted forgetting of it has left still goes.
    if code == "not_found" and not args.dry_run then
      local _, problem, kind = db.session.forget { session = args.session }
      if kind ~= code then message, code = problem, kind end
    end
    if not session then return nil, message, code end
  end
  if args.dry_run then return dry_run(db, session, args) end
  count, message, code = db.session.forget { session = session and session.id, like = args.like }
  if not count then return nil, message, code end
  local held = backups.holders(app.path(), holds_of(session, args.like))
  print.result({ forgotten = count, backups = kalito.json.array(held) },
    args.like and "forgot " .. print.count(count, "row") or "forgot " .. session.id)
  for _, path in ipairs(held) do print.note("a backup still holds it: " .. path) end
  if args.like and not session then tell_others(db, args.like) end
  return true
end

return {
  summary = "Remove content for good: from rows, search index, free pages and log",
  details = "Deleted rows otherwise stay readable in the file for a while. Writes the whole file anew, and names the\n"
    .. "backups that still hold it; backups elsewhere are not known here. It asks nothing: --dry-run first.",
  arguments = { { "session", "id, beginning of an id, or name (with --like: only there)", optional = true } },
  options = {
    { "like", "TEXT", "only the messages, pins, summaries, traces, names and recaps that hold TEXT, in any case" },
    { "dry-run", nil, "only show what would be forgotten" },
  },
  example = "kalito session forget --like 'my address'",
  run = run,
}
