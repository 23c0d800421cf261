-- backup: copies of the database, made while it is used.

local kalito = kalito
local backups = require "kalito.transfer.backups"
local print = require "kalito.terminal.print"

local function seconds(ms)
  return ("%.1f s"):format(ms / 1000)
end

local function holding(backup)
  return print.count(backup.sessions, "session") .. ", " .. print.count(backup.messages, "message")
end

local function prune(args, made)
  if not args.keep then return {} end
  local folder = made.path:match "^(.*)/" or "."
  return backups.prune(folder ~= "" and folder or "/", made.store_id, args.keep)
end

local function make(args, app)
  local target, message, code = args.target
  if not target then
    target, message, code = backups.folder()
    if not target then return nil, message, code end
    message, code = select(2, kalito.system.mkdir(target))
    if message then return nil, message, code end
  end
  local db, made, removed
  db, message, code = app.open "read"
  if not db then return nil, message, code end
  made, message, code = db.backup(target)
  if not made then return nil, message, code end
  removed, message, code = prune(args, made)
  if not removed then return nil, message, code end
  made.removed = kalito.json.array(removed)
  print.result(made, made.path)
  print.note(("%s, %s; copied in %s, verified in %s"):format(print.size(made.size), holding(made),
    seconds(made.copy_ms), seconds(made.verify_ms)))
  if made.orphans > 0 then print.note(made.orphans .. " rows have no session; see kalito check") end
  if #removed > 0 then print.note("removed " .. #removed .. " older: " .. table.concat(removed, ", ")) end
  return true
end

local function list(args)
  local folder, message, code = args.folder
  if not folder then
    folder, message, code = backups.folder()
    if not folder then return nil, message, code end
  end
  local rows
  rows, message, code = backups.list(folder)
  if not rows then return nil, message, code end
  print.rows(rows, {
    { "TIME", key = "created_at" }, { "KIND" },
    { "SIZE", right = true, show = function(size) return size and print.size(size) or "" end },
    { "MESSAGES", right = true }, { "DATABASE", key = "store_id", show = function(id) return (id or ""):sub(1, 8) end },
    { "NAME", show = function(name, row) return name .. (row.problem and " (" .. row.problem .. ")" or "") end,
      wide = true },
  })
  return true
end

local function verify(args)
  local found, message, code = kalito.backup.verify(args.file)
  if not found then return nil, message, code end
  print.result(found, ("%s is whole: %s, read in %s"):format(args.file, holding(found),
    seconds(found.verify_ms)))
  if not backups.has_check(args.file) then
    print.note "its name holds no check of its content: only its structure could be verified"
  end
  return true
end

return {
  name = "backup",
  summary = "Copy the database, verified, while it is used",
  details = "The copy is of one moment. It gets its name only when it is verified and on the disk, so that a backup\n"
    .. "that was interrupted never looks like one.\n\n"
    .. "Every night with cron (crontab -e):\n"
    .. "  0 3 * * *  kalito --quiet backup --keep 7\n"
    .. "or with systemd, which catches up after the machine was off: ~/.config/systemd/user/kalito-backup.service\n"
    .. "  [Service]\n  Type=oneshot\n  ExecStart=kalito --quiet backup --keep 7\n"
    .. "beside it kalito-backup.timer\n"
    .. "  [Timer]\n  OnCalendar=daily\n  Persistent=true\n  [Install]\n  WantedBy=timers.target\n"
    .. "and then: systemctl --user enable --now kalito-backup.timer",
  arguments = { { "target", "a folder or a new file (default: backups/ in the data folder)", optional = true } },
  options = {
    { "keep", "N", "then remove all but the newest N backups of this database from the folder", type = "integer",
      min = 1, max = 1000000 },
  },
  example = "kalito backup ~/backups --keep 7",
  run = make,
  commands = {
    list = {
      summary = "List the backups of a folder, the newest first",
      arguments = { { "folder", "where they are (default: backups/ in the data folder)", optional = true } },
      example = "kalito backup list ~/backups",
      run = list,
    },
    verify = {
      summary = "Read all of a backup and say whether it is whole",
      arguments = { { "file", "the backup" } },
      example = "kalito backup verify ~/backups/kalito-20250301T093000000Z-0123456789abcdef.db",
      run = verify,
    },
  },
}
