-- check: is everything in the file as it should be?

local print = require "kalito.terminal.print"
local remarks = require "kalito.terminal.remarks"

return {
  name = "check",
  summary = "Say whether the database is whole and its rows are right",
  details = "Every line is one remark, with the command that mends it. The exit status is 1 when something is wrong.",
  options = {
    { "quick", nil, "only the structure of the file, sessions, personas and summaries" },
    { "full", nil, "beside all rows, also compare all indexes, and the search index, with them" },
  },
  example = "kalito check --full",
  run = function(args, app)
    local db, message, code = app.open "read"
    if not db and code == "corrupt" then
      return nil, message .. "\nkalito restore BACKUP puts a backup in its place", code
    end
    if not db then return nil, message, code end
    local list
    list, message, code = db.check(args.full and "full" or args.quick and "quick" or "rows")
    if not list then return nil, message, code end
    remarks.show(list)
    if list.wrong == 0 then print.note "everything is as it should be" end
    return list.wrong > 0 and 1 or 0
  end,
}
