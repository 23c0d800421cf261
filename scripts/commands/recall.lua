-- recall: what the history says to a question, and why.

local print = require "kalito.terminal.print"
local recall = require "kalito.memory.recall"
local resolve = require "kalito.resolve"

local function show_reasons(reasons)
  local out = {}
  for i, reason in ipairs(reasons) do
    local value = reason[2]
    if type(value) == "number" then value = ("%+.2g"):format(value) end
    out[i] = reason[1] .. " " .. tostring(value)
  end
  return table.concat(out, ", ")
end

local function as_json(hits)
  local out = {}
  for i, hit in ipairs(hits) do
    local row = {}
    for key, value in pairs(hit) do row[key] = value end
    row.reasons = kalito.json.array(hit.reasons)
    row.copies = hit.copies and kalito.json.array(hit.copies)
    out[i] = row
  end
  return kalito.json.array(out)
end

local function show(hits, explain)
  local columns = {
    { "SCORE", right = true }, { "ID", right = true }, { "CREATED", key = "created_at" }, { "WHO" },
    { "TEXT", wide = true },
  }
  if explain then table.insert(columns, 5, { "REASONS" }) end
  local rows = {}
  for i, hit in ipairs(hits) do
    rows[i] = {
      score = hit.score, id = hit.id, created_at = hit.created_at, who = hit.speaker or hit.role, text = hit.text,
      reasons = show_reasons(hit.reasons),
    }
  end
  print.rows(rows, columns)
end

-- On a terminal reasons and text need lines of their own.
local function explain_on_terminal(hits)
  for _, hit in ipairs(hits) do
    print.write(("%.2f  message %d · %s · %s\n"):format(hit.score, hit.id, hit.created_at or "",
      print.safe(hit.speaker or hit.role)))
    print.write("  " .. print.safe_lines(hit.text):gsub("\n", "\n  ") .. "\n")
    print.write("  because: " .. print.safe(show_reasons(hit.reasons)) .. "\n\n")
  end
end

return {
  name = "recall",
  summary = "Find the messages that answer a question",
  details = "Ranks the messages of the whole history by how well they answer: by their words and those of their\n"
    .. "neighbours, speaker, session, date and age. Times such as 'yesterday', 'last Tuesday' and 'two weeks ago'\n"
    .. "are counted from now. The policy policies/recall.lua has the last word.",
  arguments = {
    { "query", "a question, some words, or what would be said next; - reads it from standard input", rest = true },
  },
  options = {
    { "session", "SESSION", "in this session only: id, beginning of an id, or name", many = true },
    { "limit", "N", "at most N messages (default 10)", type = "integer", min = 1, max = 1000 },
    { "budget", "N", "only what fits together into N tokens", type = "integer", min = 1, max = 10000000 },
    { "explain", nil, "say why: words, neighbours, speaker, session, date ..." },
  },
  example = "kalito recall 'Where did we park in Lisbon?' --explain",
  run = function(args, app)
    local db, message, code = app.open "read"
    if not db then return nil, message, code end
    local query = table.concat(args.query, " ")
    if query == "-" then query = io.stdin:read("a"):gsub("%s+$", "") end
    local request = { query = query, limit = args.limit or 10, budget = args.budget }
    for i, name in ipairs(args.session or {}) do
      local session
      session, message, code = resolve.session(db, name)
      if not session then return nil, message, code end
      request.sessions = request.sessions or {}
      request.sessions[i] = session.id
    end
    local hits
    hits, message, code = recall.find(db, request)
    if not hits then return nil, message, code end
    if print.json then
      print.object(as_json(hits))
    elseif args.explain and kalito.system.isatty "stdout" then
      explain_on_terminal(hits)
    else
      show(hits, args.explain)
    end
    if #hits == 0 then print.note "nothing in the history says anything about it" end
    return true
  end,
}
