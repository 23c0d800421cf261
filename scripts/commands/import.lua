-- import: conversations from files: plain lines, or what `kalito export` has written.

local output = require "kalito.transfer.output"
local print = require "kalito.terminal.print"
local resolve = require "kalito.resolve"
local transfer = require "kalito.transfer.import"

-- Pipes are copied first when they must be read twice.
local function spool(file, name)
  local copy = assert(io.tmpfile())
  repeat
    local block, problem = file:read(1 << 16)
    local ok, full = copy:write(block or "")
    if problem or not ok then return nil, name .. ": " .. (problem or full), "io" end
  until not block
  copy:seek("set", 0)
  return copy
end

local function open_input(path, args, database)
  local name = path == "-" and "stdin" or path
  local found, message, code = { kind = "other" }
  if path ~= "-" then
    found, message, code = kalito.system.stat(path)
    if not found then return nil, message, code end
    if found.kind == "folder" then return nil, path .. ": is a folder", "io" end
    if output.is_database(path, database) then return nil, path .. ": is the database itself", "usage" end
  end
  local file = io.stdin
  if path ~= "-" then file, message = io.open(path, "r") end
  if not file then return nil, message, "io" end
  if args.strict and found.kind == "other" then
    file, message, code = spool(file, name)
    if not file then return nil, message, code end
  end
  return { name = name, file = file, size = found.kind == "file" and found.size or nil, source = args.source }
end

local function open_inputs(args, app)
  local inputs = {}
  for i, path in ipairs(args.files) do
    local input, message, code = open_input(path, args, app.path())
    if not input then return nil, message, code end
    inputs[i] = input
  end
  return inputs
end

-- The session that takes everything must be there.
local function open_into(args, app)
  if not args.into then return nil end
  local db, message, code = app.open "write"
  if not db then return nil, message, code end
  local session
  session, message, code = resolve.session(db, args.into)
  return session and session.id, message, code
end

local function check(inputs, into, app)
  local real = app.db
  if not real and kalito.system.stat(app.path()) then
    local message, code
    real, message, code = app.open "write"
    if not real then return nil, message, code end
  end
  local bad, message, code = transfer.check(inputs, { into = into, real = real })
  if not bad then return nil, message, code end
  if bad > 0 then
    return nil, print.count(bad, "bad line") .. ": nothing was imported", "refused"
  end
  return true
end

local function list_unknown(unknown)
  local names = {}
  for key, n in pairs(unknown) do names[#names + 1] = ("%s (%d)"):format(key, n) end
  table.sort(names)
  return table.concat(names, ", ")
end

local function report(counts)
  if next(counts.unknown) then print.note("unknown fields were ignored: " .. list_unknown(counts.unknown)) end
  if counts.present > 0 then
    local were = counts.present == 1 and "was" or "were"
    print.note(("%s %s there already"):format(print.count(counts.present, "line"), were))
  end
  if counts.personas + counts.summaries + counts.pins > 0 then
    print.note(("also imported %s, %s, %s"):format(print.count(counts.personas, "persona"),
      print.count(counts.summaries, "summary"), print.count(counts.pins, "pin")))
  end
  print.result(counts, transfer.summary(counts))
  if counts.skipped > 0 and counts.skipped == counts.lines then
    return nil, "no line could be imported", "refused"
  end
  return true
end

local function run(args, app)
  local inputs, message, code = open_inputs(args, app)
  if not inputs then return nil, message, code end
  local into, ok, counts
  into, message, code = open_into(args, app)
  if message then return nil, message, code end
  if args.strict then
    ok, message, code = check(inputs, into, app)
    if not ok then return nil, message, code end
  end
  local function open()
    if app.db then return app.db end
    local db, problem, word = app.open "create"
    return db or error({ code = word, message = problem }, 0)
  end
  counts, message, code = transfer.import(inputs, { open = open, into = into })
  if not counts then return nil, message, code end
  return report(counts)
end

return {
  name = "import",
  summary = "Import conversations from files",
  details = [[
A file has one JSON object a line: {"session","role","text"} with optional created_at, speaker, id, model,
importance; or it is what kalito export has written. - is standard input. A line that is wrong is named and
skipped. Importing a file again adds only what is new in it: a plain file is known by its first line, so that
it may have moved or grown. A session or persona that is there already stays as it is; a message whose id
another message has gets a new one.]],
  arguments = { { "files", "what to import", rest = true } },
  options = {
    { "into", "SESSION", "put everything into this session" },
    { "source", "NAME", "what the input is known by, instead of its first line" },
    { "strict", nil, "check everything first, and import nothing when a line is wrong" },
  },
  example = "kalito import chat.jsonl",
  run = run,
}
