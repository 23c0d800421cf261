-- journal: how the database keeps what is being written.

local print = require "kalito.terminal.print"

return {
  name = "journal",
  summary = "Show the journal mode, or set it",
  details = "wal      readers and one writer at the same time; three files while it is open (the default)\n"
    .. "delete   one file at rest; a writer waits for readers. For network drives and programs that need it",
  arguments = { { "mode", "wal or delete", optional = true } },
  example = "kalito journal delete",
  run = function(args, app)
    local mode = args.mode
    if mode and mode ~= "wal" and mode ~= "delete" then
      return nil, "MODE must be wal or delete, not '" .. mode .. "'", "usage"
    end
    local db, message, code = app.open(mode and "write" or "read")
    if not db then return nil, message, code end
    if mode then
      local ok
      ok, message, code = db.journal(mode)
      if not ok then return nil, message, code end
    end
    local info = db.stat()
    print.result({ journal_mode = info.journal_mode }, info.journal_mode)
    return true
  end,
}
