-- add: stores one message, scored by the policy.

local print = require "kalito.terminal.print"
local resolve = require "kalito.resolve"

return {
  name = "add",
  summary = "Store a message and print its id",
  details = "The id is printed when the message is on the disk. Without TEXT, or with -, the text is read from\n"
    .. "standard input.",
  arguments = {
    { "session", "id, beginning of an id, or name" },
    { "text", "the message", optional = true },
  },
  options = {
    { "role", "ROLE", "user, assistant, system or tool (default user)" },
    { "speaker", "NAME", "who speaks, where the role does not tell" },
    { "model", "NAME", "the model that wrote it" },
    { "importance", "NUMBER", "0 to 1; otherwise the score policy decides", type = "number", min = 0, max = 1 },
    { "at", "TIME", "when it was written (default now)" },
    { "id", "ID", "external id: adding it a second time fails and changes nothing" },
  },
  example = "kalito add Trip --role user 'Where did we park?'",
  run = resolve.with_session("write", function(args, db, session)
    local text = args.text
    if text == nil or text == "-" then text = io.stdin:read("a"):gsub("\n$", "") end
    local row, message, code = kalito.conversation(db, session.id):add(args.role or "user", text, {
      speaker = args.speaker, model = args.model, importance_score = args.importance, created_at = args.at,
      external_id = args.id,
    })
    if not row then return nil, message, code end
    print.result(row, tostring(row.id))
    return true
  end),
}
