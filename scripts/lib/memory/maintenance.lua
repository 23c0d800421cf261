-- maintenance.lua: what a session needs done from time to time, and how it stands.

local kalito = package.loaded.kalito
local merging = require "kalito.memory.merging"
local models = require "kalito.model.models"
local need = require("kalito.reading").need
local stats = require "kalito.memory.stats"
local summaries = require "kalito.memory.summaries"
local titles = require "kalito.memory.titles"

local M = {}

-- Repeats a step until nothing is due. What another process has just done is as good; what it is doing is its.
local function all(step, chat, options, list, notes)
  while true do
    local row, message, code = step(chat, options)
    if not row and (message == nil or code == "exists" or code == "busy") then return true end
    if not row then return nil, message, code end
    list[#list + 1] = row
    if message then notes[#notes + 1] = message end
    if options.on_step then options.on_step(row) end
  end
end

---Does all that is due. Each step stands for itself: what was done before one fails stays done.
---@param chat kalito.Conversation
---@param options table as for summaries.make; `on_step` is told each summary
---@return table? done `made`, `merged`, `notes`, `title`, string? message, string? code
function M.run(chat, options)
  local done = { made = kalito.json.array {}, merged = kalito.json.array {}, notes = kalito.json.array {} }
  local ok, message, code
  done.title, message = titles.make(chat, options)
  if message then done.notes[1] = message end
  ok, message, code = all(summaries.make, chat, options, done.made, done.notes)
  if ok then ok, message, code = all(merging.make, chat, options, done.merged, done.notes) end
  if not ok then return nil, message, code end
  return done
end

---The figures of a session: those of db.stats.get, the context's fill, what is due, and what is known of its model.
---@param chat kalito.Conversation
---@param options table `budget`, `model`
---@return table? figures, string? message, string? code
function M.stats(chat, options)
  local db = chat.db
  local session, message, code = db.session.get(chat.id)
  if not session then return nil, message, code end
  local figures
  figures, message, code = stats.get(db, session, options.budget or models.usual(db, session, options.model))
  if not figures then return nil, message, code end
  figures.turns = need(db.turn.count { session = chat.id })
  figures.auto_pins = need(db.pin.count { session = chat.id, pin_type = "auto" })
  figures.due = need(summaries.due(chat, options))
  local name = models.name(session, need(db.persona.get(session.persona or "")), options.model)
  if name then
    local known = models.known(db, name)
    figures.model = { name = name, ratio = known.ratio, turns = known.turns, calibrated = known.trusted,
      budget = models.estimated(db, name, figures.context.budget) }
  end
  return figures
end

return M
