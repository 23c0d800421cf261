-- recover: saves what can be read of a damaged database.

local kalito = kalito
local print = require "kalito.terminal.print"
local remarks = require "kalito.terminal.remarks"

return {
  name = "recover",
  summary = "Make a new database of what can still be read of a damaged one",
  details = "The damaged file is only read, page by page; the new one is complete in itself. Try the newest backup\n"
    .. "first: kalito backup list, kalito backup verify.",
  arguments = { { "bad", "the damaged file" }, { "new", "the database to make" } },
  example = "kalito recover kalito.db saved.db",
  run = function(args)
    local list, message, code = kalito.recover(args.bad, args.new)
    if not list then return nil, message, code end
    remarks.show(list)
    print.note(args.new .. " is ready; look at it with kalito --db " .. args.new .. " check --full")
    return true
  end,
}
