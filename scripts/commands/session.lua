-- session: conversations. Long, because it has eight subcommands.

local print = require "kalito.terminal.print"
local need = require("kalito.reading").need
local resolve = require "kalito.resolve"
local retention = require "kalito.memory.retention"

local SESSION = { "session", "id, beginning of an id, or name" }

local function persona_names(db)
  local names = {}
  for persona in db.persona.each() do names[persona.id or ""] = persona.name end -- other programs may leave ids out
  return names
end

local function list(args, app)
  local db, message, code = app.open "read"
  if not db then return nil, message, code end
  local scope = args.all and "all" or args.archived and "archived" or "live"
  local saved = nil
  if args.saved then saved = true end
  if args.temporary then saved = false end
  local rows
  rows, message, code = db.session.find { limit = args.limit or 50, scope = scope, saved = saved }
  if not rows then return nil, message, code end
  local names, now = persona_names(db), db.now()
  for _, row in ipairs(rows) do
    row.age = print.age(row.updated_at, now)
    row.persona_name = names[row.persona]
  end
  print.rows(rows, {
    { "ID" }, { "NAME" }, { "AGE" }, { "MESSAGES", key = "message_count", right = true },
    { "PERSONA", key = "persona_name" },
    { "KEPT", key = "saved", show = function(v) return v and "saved" or "temporary" end },
    { "RECAP", wide = true },
  })
  return true
end

-- The number of the greeting, false for none, nil for the first one if there is one.
local function greeting_of(args)
  if args.greeting == nil then return true end
  if args.greeting == "none" then return true, false end
  local number = args.greeting:find "^%d+$" and math.tointeger(tonumber(args.greeting))
  if number and number > 0 then return true, number end
  return nil, "--greeting must be none or the number of a greeting, not '" .. args.greeting .. "'", "usage"
end

local function new(args, app)
  local fine, greeting, problem = greeting_of(args)
  if not fine then return nil, greeting, problem end
  local db, message, code = app.open "write"
  if not db then return nil, message, code end
  local persona
  if args.persona then
    persona, message, code = resolve.persona(db, args.persona)
    if not persona then return nil, message, code end
  end
  local row
  row, message, code = require("kalito.card.store").begin(db, {
    name = args.name, persona = persona and persona.id, model = args.model, saved = not args.temporary,
  }, greeting)
  if not row then return nil, message, code end
  print.result(row, row.id)
  return true
end

local function show(_, _, session)
  print.row(session, { "id", "name", "model", "recap", "persona", "created_at", "updated_at", "saved", "message_count",
    "archived_at", "boundary_at", "boundary_id", "external_id" })
  return true
end

-- A subcommand that changes fields of a session.
local function change(summary, example, arguments, options, fields)
  return {
    summary = summary, example = example, arguments = { SESSION, table.unpack(arguments) }, options = options,
    run = resolve.with_session("write", function(args, db, session)
      local row = fields(args, db)
      row.id = session.id
      local ok, message, code = db.session.set(row)
      if not ok then return nil, message, code end
      print.result(need(db.session.get(session.id)), session.id)
      return true
    end),
  }
end

local function delete(_, db, session)
  local ok, message, code = db.session.del(session.id)
  if not ok then return nil, message, code end
  print.result({ deleted = session.id, messages = session.message_count },
    ("deleted %s with %s"):format(session.id, print.count(session.message_count, "message")))
  return true
end

local function cleanup(args, app)
  local days = args.older_than and retention.days(args.older_than)
  if args.older_than and not days then
    return nil, "--older-than must be a number with m, h, d or w, such as 30d", "usage"
  end
  local db, message, code = app.open(args.dry_run and "read" or "write")
  if not db then return nil, message, code end
  local rows, kept
  rows, kept, code = retention.run(db, { days = days, dry_run = args.dry_run })
  if not rows then return nil, kept, code end
  print.rows(rows, {
    { "DECISION" }, { "ID" }, { "NAME" }, { "MESSAGES", key = "message_count", right = true },
    { "REASON", wide = true },
  })
  local counts = { delete = 0, archive = 0 }
  for _, row in ipairs(rows) do
    if row.done or args.dry_run then counts[row.decision] = counts[row.decision] + 1 else kept = kept + 1 end
  end
  local would = args.dry_run and "would be " or ""
  print.note(("%d %sdeleted, %d %sarchived, %d kept"):format(counts.delete, would, counts.archive, would, kept))
  return true
end

return {
  name = "session",
  summary = "List, make, change and remove conversations",
  commands = {
    list = {
      summary = "List sessions, the most recent first",
      options = {
        { "limit", "N", "at most N (default 50)", type = "integer", min = 1, max = 1000000 },
        { "archived", nil, "archived ones only" },
        { "all", nil, "archived ones too" },
        { "saved", nil, "saved ones only" },
        { "temporary", nil, "temporary ones only" },
      },
      example = "kalito session list --json",
      run = list,
    },
    new = {
      summary = "Make a session and print its id",
      arguments = { { "name", "what to call it", optional = true } },
      options = {
        { "persona", "NAME", "who answers (default: the default persona)" },
        { "model", "NAME", "the model it talks to" },
        { "temporary", nil, "remove it at the next cleanup unless it is saved" },
        { "greeting", "N", "begin with greeting N of the persona, or with none (default: the first one)" },
      },
      example = "kalito session new Trip --persona coder",
      run = new,
    },
    show = {
      summary = "Show one session", arguments = { SESSION }, example = "kalito session show Trip",
      run = resolve.with_session("read", show),
    },
    rename = change("Give a session another name", "kalito session rename Trip 'Trip to Oslo'",
      { { "name", "the new name" } }, nil, function(args) return { name = args.name } end),
    save = change("Keep a session: cleanup will not remove it", "kalito session save Trip", {},
      { { "temporary", nil, "make it temporary again" } },
      function(args) return { saved = not args.temporary } end),
    archive = change("Hide a session from lists and from recall across sessions", "kalito session archive Trip", {},
      { { "back", nil, "bring it back" } },
      function(args, db) return { archived_at = args.back and kalito.json.null or db.now() } end),
    delete = {
      summary = "Delete a session with all its messages, summaries and pins", arguments = { SESSION },
      example = "kalito session delete Trip", run = resolve.with_session("write", delete),
    },
    forget = require "kalito.terminal.forget",
    cleanup = {
      summary = "Remove and archive sessions as the retain policy says",
      details = "By default temporary sessions go that were not used for 30 days. kalito script doc retain says how\n"
        .. "to change that.",
      options = {
        { "older-than", "AGE", "the age at which temporary ones go: a number with m, h, d or w" },
        { "dry-run", nil, "only show what would be done, and why" },
      },
      example = "kalito session cleanup --older-than 7d --dry-run",
      run = cleanup,
    },
  },
}
