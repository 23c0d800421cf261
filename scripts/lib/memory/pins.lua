-- pins.lua: what a session keeps in sight: pins that the user makes, and those that the policy suggests for a message,
-- which he may accept or reject.

local contexts = require "kalito.memory.contexts"
local policy = require "kalito.policy"
local reading = require "kalito.reading"
local scoring = require "kalito.memory.scoring"
local transaction = require "kalito.transaction"

local M = {}

local need = reading.need

-- ---- automatic ones ----

local READ = { pins = true, auto = true, shown = true, previous = true, messages = true }

-- What the policy is told of the session beside the message.
local function read(chat, row, ctx)
  local db = chat.db
  ctx.pins, ctx.auto = need(db.pin.rejected(chat.id)), 0
  for _, pin in ipairs(need(db.pin.find { session = chat.id })) do
    table.insert(ctx.pins, pin.content)
    if pin.pin_type == "auto" then ctx.auto = ctx.auto + 1 end
  end
  for _, other in ipairs(need(db.message.find { session = chat.id, order = "newest", limit = 2 })) do
    if other.id ~= row.id then ctx.previous = ctx.previous or other end
  end
  ctx.shown = contexts.shown(chat)
  ctx.messages = ((need(db.session.get(chat.id)) or {}).message_count or 0) + (row.id and 0 or 1)
end

-- The shipped policy asks for the session only when the message holds something to pin: it is read then.
local function suggest_shipped(chat, row, ctx)
  local ok, problem = true, nil
  setmetatable(ctx, { __index = function(_, key)
    if not READ[key] then return nil end
    setmetatable(ctx, nil)
    ok, problem = pcall(read, chat, row, ctx)
    return rawget(ctx, key)
  end })
  local found = policy.call("pin", "suggest", ctx, row)
  if not ok then error(problem, 0) end
  return found
end

---What the policy would pin of a message, stored or not yet.
---@param chat kalito.Conversation
---@param row kalito.Message
---@param persona? string name of the session's persona
---@return { content: string, importance: number }[]
function M.find(chat, row, persona)
  if row.role ~= "user" and row.role ~= "assistant" or type(row.text) ~= "string" then return {} end
  local ctx = { now = chat.db.now(), session = chat.id, persona = persona }
  if policy.get("pin", persona).shipped then
    return row.role == "user" and suggest_shipped(chat, row, ctx) or {} -- it takes nothing from answers
  end
  read(chat, row, ctx)
  return policy.call("pin", "suggest", ctx, row)
end

---Makes the pins that were found for a stored message. A pin that cannot be stored is reported: the message is safe
---whatever happens here.
---@param chat kalito.Conversation
---@param row kalito.Message
---@param list { content: string, importance: number }[]
---@return kalito.Pin[]
function M.keep(chat, row, list)
  local made = {}
  for _, found in ipairs(list) do
    local pin, message = chat.db.pin.add { session = chat.id, content = found.content, pin_type = "auto",
      importance_score = found.importance, source_message_id = tostring(row.id) }
    if not pin then policy.report("the pin was not stored: " .. message) end
    made[#made + 1] = pin
  end
  return made
end

---Makes the pins that the policy suggests for a stored message.
---@param chat kalito.Conversation
---@param row kalito.Message
---@param persona? string name of the one who answers
---@return kalito.Pin[]
function M.suggest(chat, row, persona)
  local found, message = reading.try(M.find, chat, row, persona)
  if not found then policy.report("no pin is made of the message: " .. message) end
  return M.keep(chat, row, found or {})
end

-- ---- the user's ----

-- The message that a pin comes from, when it is there.
local function source_of(db, pin)
  local id = math.tointeger(tonumber(pin.source_message_id))
  return id and need(db.message.get(id))
end

---Pins a text; the message that it comes from becomes more important.
---@param db kalito.Store
---@param row kalito.Pin
---@return kalito.Pin? pin, string? message, string? code
function M.add(db, row)
  return transaction.run(db, function()
    local pin, message, code = db.pin.add(row)
    if not pin then return nil, message, code end
    local ok
    ok, message, code = scoring.event(db, source_of(db, pin), "pinned")
    return ok and pin, message, code
  end)
end

---Removes a pin; the message that it came from loses what the pin gave it.
---@param db kalito.Store
---@param id string
---@return kalito.Pin? pin the removed one, string? message, string? code
function M.delete(db, id)
  return transaction.run(db, function()
    local pin, message, code = db.pin.get(id)
    if not pin then return nil, message, code end
    local ok
    ok, message, code = db.pin.del(id)
    -- An automatic pin gave nothing: its message is not important because a rule took it.
    if ok and pin.pin_type ~= "auto" then ok, message, code = scoring.event(db, source_of(db, pin), "unpinned") end
    return ok and pin, message, code
  end)
end

local function get_auto(db, id)
  local pin, message, code = db.pin.get(id)
  if not pin then return nil, message, code end
  if pin.pin_type ~= "auto" then return nil, "pin " .. id .. " is not an automatic one", "refused" end
  return pin
end

---Makes an automatic pin the user's own, with the importance of such a one.
---@param db kalito.Store
---@param id string
---@return kalito.Pin? pin, string? message, string? code
function M.accept(db, id)
  return transaction.run(db, function()
    local pin, message, code = get_auto(db, id)
    if not pin then return nil, message, code end
    local ok
    local importance = math.max(pin.importance_score, 0.8)
    ok, message, code = db.pin.set { id = id, pin_type = "user", importance_score = importance }
    if ok then ok, message, code = scoring.event(db, source_of(db, pin), "pinned") end
    return ok and need(db.pin.get(id)), message, code
  end)
end

---Removes an automatic pin for good: its content is not suggested again.
---@param db kalito.Store
---@param id string
---@return kalito.Pin? pin the removed one, string? message, string? code
function M.reject(db, id)
  local pin, message, code = get_auto(db, id)
  if not pin then return nil, message, code end
  local ok
  ok, message, code = db.pin.reject(id)
  return ok and pin or nil, message, code
end

---Removes the automatic pins of a message that is gone or says something else now.
---@param db kalito.Store
---@param message kalito.Message
---@return boolean? ok, string? message, string? code
function M.forget(db, message)
  for _, pin in ipairs(need(db.pin.find { session = message.session, pin_type = "auto" })) do
    if pin.source_message_id == tostring(message.id) then
      local ok, problem, code = db.pin.del(pin.id)
      if not ok then return nil, problem, code end
    end
  end
  return true
end

return M
