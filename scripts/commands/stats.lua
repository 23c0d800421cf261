-- stats: how much there is, how important it is, and what it costs.

local models = require "kalito.model.models"
local print = require "kalito.terminal.print"
local resolve = require "kalito.resolve"
local stats = require "kalito.memory.stats"

local ROLES = { "user", "assistant", "system", "tool" }

-- 1234567 -> 1,234,567
local function number(n)
  local text = tostring(math.tointeger(n) or n)
  repeat
    local changed
    text, changed = text:gsub("^(-?%d+)(%d%d%d)", "%1,%2")
  until changed == 0
  return text
end

local function percent(share)
  return ("%.1f %%"):format(share * 100)
end

local function sessions(figures)
  return ("%s (%s archived, %s temporary)"):format(number(figures.sessions), number(figures.sessions_archived),
    number(figures.sessions_temporary))
end

local function messages(figures)
  local parts, rest = {}, figures.messages
  for _, role in ipairs(ROLES) do
    rest = rest - figures[role]
    if figures[role] > 0 then parts[#parts + 1] = role .. " " .. number(figures[role]) end
  end
  if rest > 0 then parts[#parts + 1] = "other " .. number(rest) end
  return number(figures.messages) .. (#parts > 0 and " (" .. table.concat(parts, ", ") .. ")" or "")
end

local function size(figures)
  local of = figures.size
  return ("%s, of that free %s; log (WAL) %s"):format(print.size(of.file), print.size(of.free), print.size(of.wal))
end

-- Lines of name and value, in their order.
local function lines_of(figures)
  local lines = {}
  local function add(name, value) lines[#lines + 1] = { name, value } end
  if figures.session then
    add("session", figures.session)
    add("name", figures.name or "")
  else
    add("sessions", sessions(figures))
    add("personas", number(figures.personas))
  end
  add("messages", messages(figures))
  add("archived", ("%s (%s)"):format(number(figures.archived), percent(figures.archived_share)))
  add("summaries", number(figures.summaries))
  add("pins", number(figures.pins))
  add("oldest", figures.oldest or "")
  add("newest", figures.newest or "")
  add("tokens", "about " .. number(figures.tokens) .. " in " .. print.size(figures.bytes) .. " of text")
  if figures.context then
    local context, format = figures.context, "%s of %s tokens (%s)"
    add("context", format:format(number(context.tokens), number(context.budget), percent(context.fill)))
  end
  add("reported", number(figures.tokens_used) .. " tokens by models")
  add("size", size(figures))
  return lines
end

local function show_lines(lines, terminal)
  local format = terminal and "%-10s %s\n" or "%s\t%s\n"
  for _, line in ipairs(lines) do print.write(format:format(line[1], print.safe(line[2]))) end
end

local function show_importance(figures, terminal)
  local most = math.max(1, table.unpack(figures.importance))
  if terminal then print.write "\nimportance\n" end
  for i, n in ipairs(figures.importance) do
    local range = ("%.1f-%.1f"):format((i - 1) / 10, i / 10)
    if terminal then
      print.write(("  %s %10s %s\n"):format(range, number(n), ("#"):rep(math.ceil(n * 40 / most))))
    else
      print.write(("importance %s\t%d\n"):format(range, n))
    end
  end
end

local function show_usage(figures, terminal)
  if terminal and #figures.usage > 0 then print.write "\nmodels\n" end
  for _, usage in ipairs(figures.usage) do
    local name = print.safe(usage.model == "" and "(others)" or usage.model)
    local ratio = usage.ratio and ("%.2f"):format(usage.ratio)
    if not terminal then
      print.write(("model %s\t%s\t%s\t%s\n"):format(name, usage.messages, usage.tokens, ratio or ""))
    else
      local counted = ratio and ("; it counts %s tokens where one is estimated (%s)"):format(ratio,
        print.count(usage.turns, "turn"))
      print.write(("  %s: %s message%s, %s tokens%s\n"):format(name, number(usage.messages),
        usage.messages == 1 and "" or "s", number(usage.tokens), counted or ""))
    end
  end
end

return {
  name = "stats",
  summary = "Show counts, tokens, importance and size",
  details = "Counts are exact. Tokens are estimated from every text, as for a context; \"reported\" is what models\n"
    .. "said that they used. The context line sets the messages that are not archived against the budget.\n"
    .. "The ratio of a model is what it reported for prompts to what was estimated: after three turns\n"
    .. "budgets follow it.",
  arguments = { { "session", "id, beginning of an id, or name (default: everything)", optional = true } },
  options = {
    { "budget", "N", "tokens of a context (default: as a chat has them)", type = "integer", min = 1,
      max = 10000000 },
  },
  example = "kalito stats Trip",
  run = resolve.with_session("read", function(args, db, session)
    local figures, message, code = stats.get(db, session, args.budget or session and models.usual(db, session))
    if not figures then return nil, message, code end
    if print.json then
      print.object(figures)
      return true
    end
    local terminal = kalito.system.isatty "stdout"
    show_lines(lines_of(figures), terminal)
    show_importance(figures, terminal)
    show_usage(figures, terminal)
    return true
  end),
}
