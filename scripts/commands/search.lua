-- search: plain text search over messages, pins and summaries.

local print = require "kalito.terminal.print"
local need = require("kalito.reading").need
local resolve = require "kalito.resolve"
local snippet = require "kalito.terminal.snippet"

-- Words that were found: bold on a terminal, in brackets where there is no bold.
local function marks()
  local none = os.getenv "NO_COLOR"
  if kalito.system.isatty "stdout" and (not none or none == "") then return "\27[1m", "\27[0m" end
  return "[", "]"
end

local function as_json(rows)
  local out = {}
  for i, row in ipairs(rows) do
    local part, matches = snippet.places(row)
    out[i] = {
      kind = row.kind, id = row.kind == "message" and math.tointeger(row.id) or row.id, session = row.session,
      role = row.role, speaker = row.speaker, created_at = row.created_at, importance_score = row.importance_score,
      score = row.score, text = row.text, part = part, matches = kalito.json.array(matches),
    }
  end
  return kalito.json.array(out)
end

local function names(db, rows)
  local found = {}
  for _, row in ipairs(rows) do
    if not found[row.session] then
      local session = need(db.session.get(row.session))
      found[row.session] = session and session.name or row.session:sub(1, 8)
    end
  end
  return found
end

-- Two lines each: where it stands, and what it says.
local function show(db, rows)
  local open, close = marks()
  local name = names(db, rows)
  for _, row in ipairs(rows) do
    local id = row.kind == "message" and row.id or row.id:sub(1, 8)
    local who = row.speaker or row.role
    local head = { row.kind .. " " .. id, name[row.session], row.created_at and row.created_at:sub(1, 16), who }
    print.write(print.safe(table.concat(head, " · ")) .. "\n  " .. snippet.line(row, open, close) .. "\n")
  end
end

local function write_lines(rows)
  for _, row in ipairs(rows) do
    local cells = {
      row.kind, row.id, row.session, row.created_at or "", row.role or "", ("%.2f"):format(row.score),
    }
    for i, cell in ipairs(cells) do cells[i] = print.safe(cell) end
    cells[#cells + 1] = snippet.line(row, "[", "]")
    print.write(table.concat(cells, "\t") .. "\n")
  end
end

local function find(db, args)
  local query = table.concat(args.query, " ")
  if query == "-" then query = io.stdin:read("a"):gsub("%s+$", "") end
  local request = { query = query, limit = args.limit, width = args.width }
  if args.session then
    local session, message, code = resolve.session(db, args.session)
    if not session then return nil, message, code end
    request.session = session.id
  end
  local ok, rows, message, code = pcall(db.search.find, request)
  if ok then return rows, message, code end
  if not tostring(rows):find "^search[.:]" then error(rows, 0) end
  return nil, rows, "usage"
end

return {
  name = "search",
  summary = "Find words in messages, pins and summaries",
  details = [[
Finds what holds all of the words, in any of their forms, in archived messages too; best first. In the query:
  "two words"        words side by side (in a shell: kalito search '"two words"')
  park*              words that begin so
  -word -"a phrase"  not with these (in a shell after --: kalito search -- boiler -manual)
  this OR that       one of them
  role:user  session:NAME  since:2025-03-01  before:2025-04-01
  importance>0.7  importance>=0.7]],
  arguments = { { "query", "what to find; - reads it from standard input", rest = true } },
  options = {
    { "session", "SESSION", "in this session only: id, beginning of an id, or name" },
    { "limit", "N", "at most N (default 20)", type = "integer", min = 1, max = 1000 },
    { "width", "N", "characters of each text to show (default 160)", type = "integer", min = 20, max = 10000 },
  },
  example = "kalito search 'boiler manual -pdf role:assistant since:2025-01-01'",
  run = function(args, app)
    local db, message, code = app.open "read"
    if not db then return nil, message, code end
    local rows
    rows, message, code = find(db, args)
    if not rows then return nil, message, code end
    if print.json then
      print.object(as_json(rows))
    elseif kalito.system.isatty "stdout" then
      show(db, rows)
      if #rows == 0 then print.note "nothing was found" end
    else
      write_lines(rows)
    end
    return true
  end,
}
