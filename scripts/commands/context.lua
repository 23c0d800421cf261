-- context: what the next model call would be told, and why.

local print = require "kalito.terminal.print"
local need = require("kalito.reading").need
local resolve = require "kalito.resolve"

local function reasons_of(item)
  local list = item.reasons and kalito.json.decode(item.reasons) or {}
  return kalito.json.array(type(list) == "table" and list or {})
end

local function as_json(context)
  local items = kalito.json.array {}
  for i, item in ipairs(context.items) do
    items[i] = {
      part = item.part, id = item.id or kalito.json.null, role = item.role or kalito.json.null, tokens = item.tokens,
      score = item.score, reasons = reasons_of(item), ["in"] = item["in"], why = item.why,
    }
  end
  return {
    session = context.session, budget = context.budget, tokens = context.tokens, policy = context.policy,
    messages = kalito.json.array(context.messages), items = items, bytes = context.bytes,
    prefix_bytes = context.prefix_bytes,
  }
end

local function explain(context)
  local report = require "kalito.terminal.report"
  local function row(item)
    return {
      mark = item["in"] and "in" or "out", part = item.part, id = item.id and item.id:sub(1, 8) or "",
      role = item.role, tokens = item.tokens, score = item.score, why = item.why,
      reasons = report.reasons(item.reasons), text = item.text,
    }
  end
  require("kalito.terminal.candidates").write(context.items, row, {
    { "", key = "mark" }, { "PART" }, { "ID" }, { "TOKENS", right = true }, { "SCORE", right = true },
    { "WHY", most = 32 }, { "REASONS", most = 26 }, { "TEXT", wide = true },
  })
end

local function summarise(context)
  local counts, order = {}, { "persona", "pin", "summary", "recalled", "recent", "new" }
  for _, item in ipairs(context.items) do
    local c = counts[item.part] or { 0, 0 }
    counts[item.part] = { c[1] + (item["in"] and 1 or 0), c[2] + 1 }
  end
  local parts = {}
  for _, part in ipairs(order) do
    if counts[part] then parts[#parts + 1] = ("%s %d/%d"):format(part, counts[part][1], counts[part][2]) end
  end
  print.note(("%d of %d tokens; in/candidates: %s; policy %s (%s); %d of %d bytes as last time"):format(context.tokens,
    context.budget, table.concat(parts, ", "), context.policy.name, context.policy.origin, context.prefix_bytes,
    context.bytes))
end

local function show_messages(context)
  for _, message in ipairs(context.messages) do
    print.write(("[%s]\n%s\n\n"):format(message.role, print.safe_lines(message.content)))
  end
end

-- In estimated tokens, as a chat has it.
local function usual(db, session)
  local models = require "kalito.model.models"
  local name = models.name(session, need(db.persona.get(session.persona or "")))
  local budget = models.usual(db, session)
  return name and (models.estimated(db, name, budget)) or budget
end

-- It is remembered, for the next one to be compared with; unless the file can only be read.
local function build(chat, wanted)
  local context, message, code = chat:context(wanted)
  if code ~= "readonly" then return context, message, code end
  wanted.save = nil
  return chat:context(wanted)
end

return {
  name = "context",
  summary = "Build the context of the next model call",
  details = "Prints the messages to send. --explain prints every candidate with the reason why it is in or\n"
    .. "out: all of them in a pipe; on a terminal what is in, and the best that are out for each reason.",
  arguments = { { "session", "id, beginning of an id, or name" }, { "text", "the new message", optional = true } },
  options = {
    { "budget", "N", "tokens the context may take (default: as in a chat; 4000 without a model)", type = "integer",
      min = 1, max = 10000000 },
    { "query", "TEXT", "recall messages from the whole history (default: the new message)" },
    { "persona", "NAME", "another persona than the session's" },
    { "explain", nil, "print every candidate with its reasons" },
    { "messages", nil, "print the array to send as JSON" },
  },
  example = "kalito context Trip --budget 2000 --query parking --explain",
  run = resolve.with_session("read", function(args, db, session)
    local persona, context, message, code
    if args.persona then
      persona, message, code = resolve.persona(db, args.persona)
      if not persona then return nil, message, code end
    end
    local wanted = { budget = args.budget or usual(db, session), query = args.query, text = args.text,
      persona = persona and persona.id, save = true }
    context, message, code = build(kalito.conversation(db, session.id), wanted)
    if not context then return nil, message, code end
    if args.messages then
      print.write(kalito.json.encode(kalito.json.array(context.messages)) .. "\n")
    elseif print.json then
      print.object(as_json(context))
    elseif args.explain then
      explain(context)
    else
      show_messages(context)
    end
    if not print.json and not args.messages then summarise(context) end
    return true
  end),
}
