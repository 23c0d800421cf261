-- redact: which secrets are kept out of the database and out of what models are sent.

local kalito = kalito
local backups = require "kalito.transfer.backups"
local print = require "kalito.terminal.print"
local need = require("kalito.reading").need

local ALL <const> = { "key", "card", "email", "phone" }

local function show(db)
  local found, message, code = db.redaction.get()
  if not found then return nil, message, code end
  local kept = #found.kept > 0 and table.concat(found.kept, ", ") or "off"
  local words = found.words > 0 and "; words of config.lua: " .. found.words or ""
  print.result({ redact = kalito.json.array(found.kept), words = found.words }, kept .. words)
  return true
end

-- The detectors that --only names, or all.
local function chosen(only)
  if not only then return ALL end
  local list = {}
  for name in (only .. ","):gmatch "%s*([^,]*),%s*" do
    local known = false
    for _, one in ipairs(ALL) do known = known or one == name end
    if not known then return nil, ("--only must name %s, not '%s'"):format(table.concat(ALL, ", "), name), "usage" end
    list[#list + 1] = name
  end
  return list
end

local function set(db, detectors)
  local ok, message, code = db.redaction.set(detectors)
  if not ok then return nil, message, code end
  local before = #detectors > 0 and need(db.redaction.count()) or 0
  if before > 0 then print.note("rows from before that hold secrets: " .. before .. " (kalito redact rows)") end
  return show(db)
end

-- What was stored before.
local function rows(db, args, app)
  if #need(db.redaction.get()).detectors == 0 then
    return nil, "nothing is redacted here: kalito redact on comes first", "refused"
  end
  local count, message, code = db.redaction[args.dry_run and "count" or "apply"]()
  if not count then return nil, message, code end
  local held = count > 0 and not args.dry_run and backups.holders(app.path()) or {}
  print.result({ rows = count, backups = kalito.json.array(held) },
    (args.dry_run and "rows that hold secrets: " or "rows redacted: ") .. count)
  for _, path in ipairs(held) do print.note("a backup may still hold them: " .. path) end
  return true
end

return {
  name = "redact",
  summary = "Keep keys, card numbers, e-mail addresses and telephone numbers out of the database",
  details = "on     from now on, whoever opens this database, they are replaced by [redacted:key] and the like before\n"
    .. "       anything is stored or sent to a model. What is replaced is gone: no copy is kept\n"
    .. "rows   redact what was stored before, and remove it for good from rows, search index and free pages\n"
    .. "off    store texts as they come\n\n"
    .. "key    keys, tokens, passwords\n"
    .. "card   numbers of payment cards\n"
    .. "email  e-mail addresses\n"
    .. "phone  telephone numbers\n\n"
    .. "Words of your own: redact = { \"Elm Street 5\", ... } in config.lua, for every database that you open.\n"
    .. "Ids are not changed, nor is what another program writes: rows does that later.",
  arguments = { { "what", "on, off or rows; without it: what is on", optional = true } },
  options = {
    { "only", "NAMES", "with on: only these, with commas between them: key, card, email, phone" },
    { "dry-run", nil, "with rows: only count them" },
  },
  example = "kalito redact on --only key,card",
  run = function(args, app)
    local what = args.what
    if what and what ~= "on" and what ~= "off" and what ~= "rows" then
      return nil, "the argument must be on, off or rows, not '" .. what .. "'", "usage"
    end
    if args.only and what ~= "on" then return nil, "--only goes with on", "usage" end
    if args.dry_run and what ~= "rows" then return nil, "--dry-run goes with rows", "usage" end
    local detectors, message, code = chosen(args.only)
    if not detectors then return nil, message, code end
    local db
    db, message, code = app.open(what and not args.dry_run and "write" or "read")
    if not db then return nil, message, code end
    if what == "rows" then return rows(db, args, app) end
    if what then return set(db, what == "on" and detectors or {}) end
    return show(db)
  end,
}
