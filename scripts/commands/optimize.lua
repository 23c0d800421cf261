-- optimize: makes the file smaller and faster, and makes anew what can be derived.

local remarks = require "kalito.terminal.remarks"

return {
  name = "optimize",
  summary = "Merge the search index, write back the log, pack the file when that pays",
  options = {
    { "rebuild", nil, "make the search index, counts, times and lost sessions anew" },
    { "reindex", nil, "make the indexes of the tables anew" },
    { "values", nil, "put numbers that are out of their range right: scores, temperatures, counts of tokens" },
    { "importance-index", nil, "add an index by importance: lists by it get faster, adding slower" },
  },
  example = "kalito optimize --rebuild",
  run = function(args, app)
    local db, message, code = app.open "write"
    if not db then return nil, message, code end
    local list
    list, message, code = db.optimize { rebuild = args.rebuild, importance_index = args.importance_index,
      reindex = args.reindex, values = args.values }
    if not list then return nil, message, code end
    remarks.show(list)
    return true
  end,
}
