-- replies.lua: storing what came of a turn: the reply, the trace, and what was learnt of the model, in one step.

local kalito = package.loaded.kalito
local behaviour = require "kalito.persona.behaviour"
local models = require "kalito.model.models"
local pins = require "kalito.memory.pins"
local scoring = require "kalito.memory.scoring"
local trace = require "kalito.memory.trace"
local transaction = require "kalito.transaction"

local M = {}

local PARTIAL <const> = { interrupted = true, stopped = true, unfinished = true }

-- The row of the reply, scored; one that is asked for again and one that is not whole say so.
local function reply_row(turn, reply)
  local text, problem = behaviour.after(turn.persona, reply.text, turn.now)
  if text == reply.text then text = nil end
  if text or problem then
    turn.more.hooks = turn.more.hooks or {}
    turn.more.hooks.after = { failed = problem, was = text and reply.text }
  end
  local persona = turn.persona and turn.persona.name
  local row = scoring.fill({ session = turn.session.id, role = "assistant", text = text or reply.text,
    model = turn.target.name, token_usage = reply.usage.completion_tokens }, turn.now, persona)
  if turn.replaced then
    local change = scoring.after(row, "retried", turn.now, persona)
    row.importance_score = change and change.importance_score or row.importance_score
    row.score_reasons = change and change.score_reasons or row.score_reasons
  end
  if PARTIAL[reply.reason] then
    local reasons = scoring.decode(row.score_reasons)
    reasons[#reasons + 1] = { "partial", reply.reason }
    row.score_reasons = scoring.encode(reasons)
  end
  return row
end

local function trace_row(turn, reply, stored)
  local more = turn.more
  more.timings = { build = turn.built - turn.began, first = reply.timings.first, total = reply.timings.total }
  more.reason, more.partial, more.left_out = reply.reason, PARTIAL[reply.reason], reply.left_out
  local row = trace.row { db = turn.db, message = turn.message.id, model = turn.target.name, context = turn.context,
    more = more }
  row.reply = stored and stored.id
  row.prompt_tokens, row.completion_tokens = reply.usage.prompt_tokens, reply.usage.completion_tokens
  return row
end

-- The answers that are asked for again make room; their texts stay in the trace.
local function replace(turn)
  for i, old in ipairs(turn.replaced or {}) do
    turn.more.replaced = turn.more.replaced or kalito.json.array {}
    turn.more.replaced[i] = { id = old.id, text = old.text, model = old.model }
    local ok, message, code = pins.forget(turn.db, old)
    if ok then ok, message, code = turn.db.message.del(old.id) end
    if not ok then return nil, message, code end
  end
  return true
end

-- The trace, and with it the context as the latest that was sent: one write for both.
local function record(turn, reply, stored)
  local row, message, code = turn.db.turn.add(trace_row(turn, reply, stored))
  local handle = turn.context.handle
  turn.context.handle = nil
  if not row then return nil, message, code end
  local ok
  ok, message, code = turn.db.context.save(handle)
  return ok and row, message, code
end

---Stores the reply of a turn.
---@param turn table
---@param reply kalito.Reply
---@return kalito.Answer? answer, string? message, string? code
function M.store(turn, reply)
  local db, row = turn.db, reply_row(turn, reply)
  local result = { text = row.text, message = turn.message, context = turn.context, model = turn.target.name,
    usage = reply.usage, timings = reply.timings, reason = reply.reason, left_out = reply.left_out,
    partial = PARTIAL[reply.reason] and reply.reason or nil }
  return transaction.run(db, function()
    local ok, message, code = replace(turn)
    if not ok then return nil, message, code end
    local traced
    result.reply, message, code = db.message.add(row)
    if result.reply then traced, message, code = record(turn, reply, result.reply) end
    if traced then
      ok, message, code = models.learn(db, result.model, turn.context.tokens, reply.usage.prompt_tokens)
    end
    if not traced or not ok then return nil, message, code end
    if turn.session.model ~= result.model then
      ok, message, code = db.session.set { id = turn.session.id, model = result.model }
    end
    result.turn = traced.id
    return ok and result, message, code
  end)
end

---Stores the trace of a turn that got no reply. That may fail: what it tells is lost then, and nothing else.
---@param turn table
---@param message string
---@param code string
function M.store_failure(turn, message, code)
  turn.more.failed = message
  local reply = { usage = {}, reason = code, timings = { total = kalito.system.clock() - turn.built } }
  transaction.run(turn.db, function() return record(turn, reply) end)
end

return M
