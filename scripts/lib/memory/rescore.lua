-- rescore.lua: scoring a whole session again by a rule, and what the change does: to the distribution, to single
-- messages, to a context.

local kalito = package.loaded.kalito
local persona_file = require "kalito.persona.file"
local policy = require "kalito.policy"
local scoring = require "kalito.memory.scoring"

local M = {}

local BATCH = 512

-- Other programs may have stored any score.
local function bin(score)
  return math.floor(math.max(0, math.min(9, score * 10))) + 1
end

local function keep_largest(list, change)
  local size = math.abs(change.new - change.old)
  if size == 0 then return end
  local at = #list + 1
  while at > 1 and math.abs(list[at - 1].new - list[at - 1].old) < size do at = at - 1 end
  table.insert(list, at, change)
  list[11] = nil
end

-- Scores one batch and notes what changes: against the stored scores, or those of another rule.
local function score_batch(db, rule, rows, result, write, against)
  local ctx = { now = result.now, session = result.session, persona = persona_file.answering(db, result.session) }
  local answers, olds = policy.scores(rows, ctx, rule), against and policy.scores(rows, ctx, against)
  for i, row in ipairs(rows) do
    local old, new = olds and olds[i].score or row.importance_score or 0.5, answers[i].score
    local reasons = scoring.encode(answers[i].reasons)
    result.messages = result.messages + 1
    result.before[bin(old)] = result.before[bin(old)] + 1
    result.after[bin(new)] = result.after[bin(new)] + 1
    if old ~= new then result.changed = result.changed + 1 end
    keep_largest(result.largest, { id = row.id, old = old, new = new, reasons = answers[i].reasons, text = row.text })
    if write and (old ~= new or reasons ~= row.score_reasons) then
      local ok, message, code = db.message.set { id = row.id, importance_score = new,
        score_reasons = reasons or kalito.json.null }
      if not ok then return nil, message, code end
    end
  end
  return true
end

local function score_all(db, rule, result, write, against)
  local rows = {}
  for row in db.message.each { session = result.session } do
    rows[#rows + 1] = row
    if #rows == BATCH then
      local ok, message, code = score_batch(db, rule, rows, result, write, against)
      if not ok then return nil, message, code end
      rows = {}
    end
  end
  return score_batch(db, rule, rows, result, write, against)
end

local function fates(db, session, budget)
  local context, message, code = kalito.conversation(db, session):context { budget = budget }
  if not context then return nil, message, code end
  local out = {}
  for _, item in ipairs(context.items) do out[item.part .. " " .. (item.id or "")] = item end
  return out
end

-- Items whose fate differs between the two contexts.
local function compare(before, after)
  local list = {}
  for key, item in pairs(after) do
    local old = before[key]
    if (old and old["in"] or false) ~= item["in"] then
      list[#list + 1] = { part = item.part, id = item.id, ["in"] = item["in"], why = item.why }
    end
  end
  table.sort(list, function(a, b) return a.part .. a.id < b.part .. b.id end)
  return kalito.json.array(list)
end

---Scores all messages of a session by a rule, in one transaction; with `dry_run` nothing stays changed.
---@param db kalito.Store
---@param session string
---@param rule kalito.Policy
---@param options { dry_run?: boolean, context?: integer, against?: kalito.Policy } against: in a dry run, the rule to
---compare with instead of the stored scores
---@return table? result, string? message, string? code `messages`, `changed`, `before` and `after` (counts of the ten
---tenths), `largest` (at most ten changes), and with `context` the items whose fate changes at that budget
function M.run(db, session, rule, options)
  local zeros = function() return kalito.json.array { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 } end
  local result = { session = session, now = db.now(), messages = 0, changed = 0, before = zeros(), after = zeros(),
    largest = kalito.json.array {}, policy = { name = rule.name, hash = kalito.hash(rule.source) } }
  local write = not options.dry_run or options.context
  local old, message, code
  if options.context then
    old, message, code = fates(db, session, options.context)
    if not old then return nil, message, code end
  end
  if not write then
    local done
    done, message, code = score_all(db, rule, result, false, options.against)
    if not done then return nil, message, code end
    return result
  end
  local ok
  ok, message, code = db.begin()
  if not ok then return nil, message, code end
  local scored
  ok, scored, message, code = pcall(score_all, db, rule, result, true)
  if not ok or not scored then
    db.rollback()
    if not ok then error(scored, 0) end
    return nil, message, code
  end
  if options.context then result.context = compare(old, assert(fates(db, session, options.context))) end
  if options.dry_run then
    db.rollback()
    return result
  end
  ok, message, code = db.commit()
  if not ok then return nil, message, code end
  return result
end

return M
