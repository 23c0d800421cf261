-- why: what a model was told for a turn, and whether it would be told the same now.

local print = require "kalito.terminal.print"
local resolve = require "kalito.resolve"

-- Which rule decided what; the shipped ones by their kind alone.
local function rules_of(policies)
  local list = {}
  for kind, rule in pairs(policies) do
    local mine = rule.origin ~= "shipped"
    list[#list + 1] = mine and ("%s by %s (%s, %s)"):format(kind, rule.name, rule.origin, rule.hash)
      or kind .. " shipped"
  end
  table.sort(list)
  return table.concat(list, ", ")
end

local function show_head(turn, details)
  local function line(name, ...)
    print.write(("%-9s %s\n"):format(name, print.safe(table.concat({ ... }, " "))))
  end
  line("turn", tostring(turn.id), "of", turn.created_at)
  line("model", turn.model or "none")
  line("tokens", ("%d of %d estimated%s, %s reported, %s answered"):format(turn.tokens, turn.budget,
    details.ratio and (" (%d asked, divided by %.2f)"):format(details.budget, details.ratio) or "",
    turn.prompt_tokens or "none", turn.completion_tokens or "none"))
  local timings = details.timings
  if timings then
    line("seconds", ("%.3f to build, %s to the first piece, %.3f in all"):format(timings.build or 0,
      timings.first and ("%.3f"):format(timings.first) or "none", timings.total))
  end
  if details.policies then line("rules", rules_of(details.policies)) end
  if details.context then line("context", ("%d tokens that the model holds"):format(details.context)) end
  if details.left_out then line("left out", table.concat(details.left_out, ", ") .. ": the model refuses it") end
  if details.failed then line("failed", details.failed) end
  if details.partial then line("partial", details.reason) end
  if details.system then line("added", details.system) end
  if details.hooks then line("persona", kalito.json.encode(details.hooks)) end
  if details.title then
    line("title", details.title.text or "not taken: " .. details.title.failed, "by", tostring(details.title.model))
  end
  if details.replaced then line("replaced", ("%d answer(s), kept in this trace"):format(#details.replaced)) end
end

local function show_items(items)
  local function row(item)
    return { mark = item["in"] and "in" or "out", part = item.part, id = item.id and item.id:sub(1, 8) or "",
      hash = item.hash, tokens = item.tokens, score = item.score, why = item.why }
  end
  require("kalito.terminal.candidates").write(items, row, {
    { "", key = "mark" }, { "PART" }, { "ID" }, { "TOKENS", right = true }, { "SCORE", right = true }, { "HASH" },
    { "WHY", wide = true },
  })
end

local function show_verdict(report)
  if report.details.refused then return print.write "nothing was sent: the persona refused the turn\n" end
  print.write(report.equal and "the same would be sent now: " .. report.turn.hash .. "\n"
    or "something else would be sent now\n")
  for _, change in ipairs(report.changes) do
    print.write(print.safe(("  %s %s %s"):format(change.part, (change.id or ""):sub(1, 8), change.what)) .. "\n")
  end
end

return {
  name = "why",
  summary = "Show what a model was told for a turn, and what has changed since",
  details = "Builds the context of the turn again and compares it with what was sent: either it is the same, or what\n"
    .. "was edited, re-scored, undone, summarised or replaced is named.",
  arguments = {
    { "session", "id, beginning of an id, or name" },
    { "turn", "number of the turn (default: the latest)", optional = true },
  },
  options = { { "list", nil, "list the turns instead" } },
  example = "kalito why Trip",
  run = resolve.with_session("read", function(args, db, session)
    if args.list then
      local turns, message, code = db.turn.find { session = session.id, order = "oldest" }
      if not turns then return nil, message, code end
      print.rows(turns, {
        { "TURN", key = "id", right = true }, { "CREATED", key = "created_at" }, { "MODEL" },
        { "MESSAGE", right = true }, { "REPLY", right = true }, { "TOKENS", right = true }, { "HASH" },
      })
      return true
    end
    local number = args.turn and math.tointeger(tonumber(args.turn))
    if args.turn and not number then return nil, "the number of a turn is whole: '" .. args.turn .. "'", "usage" end
    local report, message, code = kalito.conversation(db, session.id):why(number)
    if not report then return nil, message, code end
    if print.json then
      print.object(report)
      return true
    end
    show_head(report.turn, report.details)
    if report.details.items then show_items(report.details.items) end
    show_verdict(report)
    return true
  end),
}
