-- pin: what a session keeps in sight.

local pins = require "kalito.memory.pins"
local print = require "kalito.terminal.print"
local resolve = require "kalito.resolve"

local function list(args, db, session)
  local rows, message, code = db.pin.find {
    session = session and session.id, pin_type = args.auto and "auto" or args.type, limit = args.limit,
    min_importance = args.min_importance,
  }
  if not rows then return nil, message, code end
  print.rows(rows, {
    { "ID" }, { "SCORE", key = "importance_score" }, { "TYPE", key = "pin_type" },
    { "SOURCE", key = "source_message_id" },
    { "CONTENT", wide = true },
  })
  return true
end

local function add(args, db, session)
  local content = args.content
  if content == nil or content == "-" then content = io.stdin:read("a"):gsub("\n$", "") end
  local row, message, code = pins.add(db, { session = session.id, content = content, pin_type = args.type,
    importance_score = args.importance, source_message_id = args.source })
  if not row then return nil, message, code end
  print.result(row, row.id)
  return true
end

-- A verb of one pin: what it did is said with `word`.
local function one(verb, word)
  return function(args, app)
    local db, message, code = app.open "write"
    if not db then return nil, message, code end
    local pin
    pin, message, code = verb(db, args.id)
    if not pin then return nil, message, code end
    print.result({ [word] = args.id }, word .. " " .. args.id)
    return true
  end
end

local ID = { "id", "id of the pin" }

return {
  name = "pin",
  summary = "List, add, accept and remove what a session keeps in sight",
  commands = {
    list = {
      summary = "List pins, the most important first",
      arguments = { { "session", "id, beginning of an id, or name (default: all)", optional = true } },
      options = {
        { "type", "TYPE", "user, auto, manual, code, concept or system" },
        { "auto", nil, "those that a rule made and nobody has accepted yet" },
        { "min-importance", "NUMBER", "importance at least NUMBER", type = "number", min = 0, max = 1 },
        { "limit", "N", "at most N", type = "integer", min = 1, max = 1000000000 },
      },
      example = "kalito pin list Trip",
      run = resolve.with_session("read", list),
    },
    add = {
      summary = "Pin a text and print the pin's id",
      arguments = {
        { "session", "id, beginning of an id, or name" },
        { "content", "the text; without it, or with -, it is read from standard input", optional = true },
      },
      options = {
        { "type", "TYPE", "user, auto, manual, code, concept or system (default user)" },
        { "importance", "NUMBER", "0 to 1 (default 0.8)", type = "number", min = 0, max = 1 },
        { "source", "ID", "id of the message it comes from" },
      },
      example = "kalito pin add Trip 'We parked on level 3'",
      run = resolve.with_session("write", add),
    },
    delete = { summary = "Remove a pin", arguments = { ID },
      example = "kalito pin delete 3e0f5a52-6f0c-4a1e-8b43-0d6f1d2a7c11", run = one(pins.delete, "deleted") },
    accept = { summary = "Keep an automatic pin as one's own", arguments = { ID },
      example = "kalito pin accept 3e0f5a52-6f0c-4a1e-8b43-0d6f1d2a7c11", run = one(pins.accept, "accepted") },
    reject = { summary = "Remove an automatic pin for good: it is not suggested again", arguments = { ID },
      example = "kalito pin reject 3e0f5a52-6f0c-4a1e-8b43-0d6f1d2a7c11", run = one(pins.reject, "rejected") },
  },
}
