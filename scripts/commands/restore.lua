-- restore: makes the database what a backup is.

local kalito = kalito
local print = require "kalito.print"

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
    local kept, message, code = kalito.restore { path = path, backup = args.file, other = args.other }
    if not kept then return nil, message, code end
    print.result({ path = path, backup = args.file, kept = kept.path }, path .. " is what " .. args.file .. " was")
    if kept.path then print.note("what was there before is kept in " .. kept.path) end
    return true
  end,
}
