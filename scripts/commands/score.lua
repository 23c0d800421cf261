-- score: scores a session anew, or shows what a rule would do to it.

local policy = require "kalito.policy"
local print = require "kalito.print"
local resolve = require "kalito.resolve"
local rescore = require "kalito.rescore"
local script = require "kalito.script"

local function show_reasons(reasons)
  local out = {}
  for i, reason in ipairs(reasons) do
    out[i] = reason[1] .. " " .. (type(reason[2]) == "number" and ("%+.2g"):format(reason[2]) or reason[2])
  end
  return table.concat(out, ", ")
end

local function show_changes(result)
  local rows = {}
  for i, change in ipairs(result.largest) do
    rows[i] = { id = change.id, old = change.old, new = change.new, reasons = change.reasons, text = change.text }
  end
  print.rows(rows, {
    { "ID", right = true }, { "OLD", right = true }, { "NEW", right = true },
    { "REASONS", show = show_reasons }, { "TEXT", wide = true },
  })
end

local function show_histogram(result)
  local most = 1
  for i = 1, 10 do most = math.max(most, result.before[i], result.after[i]) end
  local function bar(n) return ("#"):rep(math.ceil(n * 24 / most)) end
  for i = 1, 10 do
    print.write(("%.1f-%.1f  %6d %-24s  %6d %s\n"):format((i - 1) / 10, i / 10, result.before[i], bar(result.before[i]),
      result.after[i], bar(result.after[i])))
  end
end

local function show_context(changes, budget)
  print.write(("\nContext of %d tokens: %d items change\n"):format(budget, #changes))
  for _, change in ipairs(changes) do
    print.write(("  %s %s %s  %s\n"):format(change["in"] and "in " or "out", change.part, change.id, change.why))
  end
end

-- The policy to score with: that of the file, or the one in use.
local function choose(path)
  if not path then return policy.get "score" end
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
    rule, message, code = choose(args.policy)
    if not rule then return nil, message, code end
    result, message, code = rescore.run(db, session.id, rule, { dry_run = args.dry_run, context = args.context })
    if not result then return nil, message, code end
    if print.json then
      print.object(result)
    else
      show_histogram(result)
      show_changes(result)
      if result.context then show_context(result.context, args.context) end
    end
    print.note(("%s %d of %d messages by %s"):format(args.dry_run and "would change" or "changed", result.changed,
      result.messages, rule.path or rule.name))
    return true
  end,
}
