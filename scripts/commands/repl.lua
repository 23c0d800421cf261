-- repl: the interactive prompt.

local print = require "kalito.terminal.print"
local repl = require "kalito.terminal.repl"

-- The database, for writing when that is possible. What is missing is said once, and is no failure.
local function open(app)
  local db, message, code = app.open "write"
  if code == "readonly" then
    db, message = kalito.open(app.path(), { read_only = true })
    app.db = db
  end
  if db then
    local count = db.session.count() or 0
    print.note(("db is %s: %s"):format(app.path(), print.count(count, "session")))
  elseif code == "not_found" then
    print.note("no database at " .. app.path() .. ": db = kalito.open(\"" .. app.path() .. "\", { create = true })")
  else
    print.note("db is nil: " .. message)
  end
  return db
end

return {
  name = "repl",
  summary = "Start the interactive prompt",
  details = "Everything typed is Lua: `kalito` and the open database `db` are there, help() helps. In a pipe,\n"
    .. "lines are read without a prompt.",
  example = "echo 'db.session.count()' | kalito repl",
  run = function(_, app)
    local terminal = kalito.system.isatty "stdin" and kalito.system.isatty "stdout"
    if terminal then
      print.note("kalito " .. kalito._VERSION .. ", " .. _VERSION .. ". help() helps, Ctrl-D leaves.")
    else
      print.quiet = true
    end
    rawset(_G, "db", open(app))
    rawset(_G, "help", function(subject) print.write(require("kalito.terminal.help").about(subject)) end)
    local fine = repl.loop { terminal = terminal, trace = app.options.trace }
    return (terminal or fine) and 0 or 1
  end,
}
