-- migrate: brings an older file up to date, which every other command does too when it opens one; and shows the steps.

local kalito = kalito
local print = require "kalito.terminal.print"

return {
  name = "migrate",
  summary = "Bring the database up to date, or show what that would do",
  details = "Files of the original Kalito and of older versions are brought up to date by every command that opens\n"
    .. "them, after a verified backup beside them. Nothing is removed: the original can go on using the file.",
  options = { { "dry-run", nil, "only show the steps" } },
  example = "kalito --db kalito.db migrate --dry-run",
  run = function(args, app)
    local options = { dry_run = args.dry_run or false, progress = print.shows_progress() }
    local steps, message, code = kalito.migrate(app.path(), options)
    if not steps then return nil, message, code end
    if #steps == 0 then print.note(app.path() .. " is up to date") end
    steps.count, steps.wrong = nil, nil
    print.rows(steps, { { "STEP", key = "what", wide = true } })
    return true
  end,
}
