-- sql: reads the database with raw SQL.

local kalito = kalito
local plan = require "kalito.terminal.plan"
local print = require "kalito.terminal.print"

local function explain(db, query)
  local rows, message, code = db.sql("EXPLAIN QUERY PLAN " .. query)
  if not rows then return nil, message, code end
  local lines, slow = plan.lines(rows)
  if print.json then
    print.object { slow = slow, steps = kalito.json.array(lines) }
    return true
  end
  for _, line in ipairs(lines) do print.write(line.text .. (line.slow and "  (a full scan)" or "") .. "\n") end
  if slow > 0 then
    print.note(("%d step%s read%s whole tables: slow when they are large. A WHERE on an indexed column helps"):format(
      slow, slow > 1 and "s" or "", slow > 1 and "" or "s"))
  end
  return true
end

return {
  name = "sql",
  summary = "Read the database with raw SQL",
  details = "One statement that only reads: SELECT, or a PRAGMA that tells something. It can change nothing.",
  arguments = { { "query", "the statement; - reads it from standard input" } },
  options = {
    { "explain", nil, "show how it would be answered, in words" },
    { "limit", "N", "at most N rows may come (default 100000)", type = "integer", min = 1, max = 100000000 },
    { "seconds", "N", "stop after so long (default 10)", type = "integer", min = 1, max = 3600 },
  },
  example = "kalito sql 'SELECT role, count(*) AS n FROM messages GROUP BY role'",
  run = function(args, app)
    local db, message, code = app.open "read"
    if not db then return nil, message, code end
    local query = args.query == "-" and io.stdin:read "a" or args.query
    if args.explain then return explain(db, query) end
    local rows, names, problem = db.sql(query, nil, { limit = args.limit, ms = (args.seconds or 10) * 1000 })
    if not rows then return nil, names, problem end
    local columns = {}
    for i, name in ipairs(names) do columns[i] = { name, key = name } end
    if #columns > 0 then columns[#columns].wide = true end
    print.rows(rows, columns)
    return true
  end,
}
