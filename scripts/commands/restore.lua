-- restore: makes the database what a backup is.

local kalito = kalito
local print = require "kalito.terminal.print"

-- What the database asks to be redacted; nil: nothing, or there is none.
local function redacted(path)
  local db <close> = kalito.open(path, { read_only = true })
  local found = db and db.redaction.get()
  return found and #found.kept > 0 and found.kept or nil
end

-- A backup from before redaction was on does not switch it off.
local function redact_again(path, wanted)
  if not wanted or redacted(path) then return true end
  local db <close>, message, code = kalito.open(path)
  if not db then return nil, message, code end
  local ok
  ok, message, code = db.redaction.set(wanted)
  if not ok then return nil, message, code end
  print.note("redaction stays on: " .. table.concat(wanted, ", ") .. " (kalito redact rows mends what the backup has)")
  return true
end

return {
  name = "restore",
  summary = "Make the database what a backup is",
  details = "The backup is verified first, and what is there now is kept beside the database. A restore that is\n"
    .. "interrupted leaves the database as it was. Nobody else may have it open.",
  arguments = { { "file", "the backup" } },
  options = { { "other", nil, "also a backup of another database" } },
  example = "kalito restore ~/backups/kalito-20250301T093000000Z-0123456789abcdef.db",
  run = function(args, app)
    local path = app.path()
    local wanted = redacted(path)
    local kept, message, code = kalito.restore { path = path, backup = args.file, other = args.other }
    if not kept then return nil, message, code end
    print.result({ path = path, backup = args.file, kept = kept.path }, path .. " is what " .. args.file .. " was")
    if kept.path then print.note("what was there before is kept in " .. kept.path) end
    return redact_again(path, wanted)
  end,
}
