-- score: scores a session anew, or shows what a rule would do to it.

local persona_file = require "kalito.persona.file"
local policy = require "kalito.policy"
local print = require "kalito.terminal.print"
local report = require "kalito.terminal.report"
local resolve = require "kalito.resolve"
local rescore = require "kalito.memory.rescore"
local script = require "kalito.script"

local function show_changes(result)
  local rows = {}
  for i, change in ipairs(result.largest) do
    rows[i] = { id = change.id, old = change.old, new = change.new, reasons = change.reasons, text = change.text }
  end
  print.rows(rows, {
    { "ID", right = true }, { "OLD", right = true }, { "NEW", right = true },
    { "REASONS", show = report.reasons }, { "TEXT", wide = true },
  })
end

local function show_context(changes, budget)
  print.write(("\nContext of %d tokens: %s change%s\n"):format(budget, print.count(#changes, "item"),
    #changes == 1 and "s" or ""))
  for _, change in ipairs(changes) do
    print.write(("  %s %s %s  %s\n"):format(change["in"] and "in " or "out", change.part, change.id, change.why))
  end
end

-- The policy to score with: that of the file, or the one in use for the session.
local function choose(path, db, session)
  if not path then return policy.get("score", persona_file.answering(db, session.id)) end
  local found, message, code = script.file(path, "policies/score")
  if not found then return nil, message, code end
  return policy.load("score", found)
end

return {
  name = "score",
  summary = "Score the messages of a session anew",
  details = "Shows old and new importance, and writes all of them in one transaction. A policy file that is not\n"
    .. "shipped runs in the jail.",
  arguments = { { "session", "id, beginning of an id, or name" } },
  options = {
    { "policy", "FILE", "score with this rule (default: the one in use)" },
    { "dry-run", nil, "write nothing: show the distribution and the ten largest changes" },
    { "context", "N", "also show how a context of N tokens would change", type = "integer", min = 1, max = 10000000 },
  },
  example = "kalito score Trip --policy my_score.lua --dry-run --context 2000",
  run = function(args, app)
    local db, message, code = app.open(args.dry_run and "read" or "write")
    if not db then return nil, message, code end
    local session, rule, result
    session, message, code = resolve.session(db, args.session)
    if not session then return nil, message, code end
    rule, message, code = choose(args.policy, db, session)
    if not rule then return nil, message, code end
    result, message, code = rescore.run(db, session.id, rule, { dry_run = args.dry_run, context = args.context })
    if not result then return nil, message, code end
    if print.json then
      print.object(result)
    else
      print.write(table.concat(report.histogram(result), "\n") .. "\n")
      show_changes(result)
      if result.context then show_context(result.context, args.context) end
    end
    print.note(("%s %d of %d messages by %s"):format(args.dry_run and "would change" or "changed", result.changed,
      result.messages, rule.path or rule.name))
    return true
  end,
}
