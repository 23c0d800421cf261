-- import_run.lua: what all inputs of one import share: the counts, and the batches, each of which is one transaction.

local kalito = package.loaded.kalito
local policy = require "kalito.policy"
local need = require("kalito.reading").need
local scoring = require "kalito.memory.scoring"
local print = require "kalito.terminal.print"

---@class kalito.ImportRun
---@field db kalito.Store? what is written to; opened with the first batch
---@field real kalito.Store? what is going to be written to, while checking
---@field checking boolean every batch is undone: `db` is a scratch database
---@field batch integer number of the batch
---@field input kalito.Input
---@field reader kalito.Lines
---@field counts table<string, integer> what was stored, the batch under way included
---@field saved table<string, integer> what was stored and committed
---@field unknowns table<string, integer> how often a field was seen that plain lines do not have
---@field last_message? integer id of the message that was stored last
local M = {}
M.__index = M

local function copy(counts)
  local out = {}
  for key, value in pairs(counts) do out[key] = value end
  return out
end

---@param options { open: fun(): kalito.Store }
---@return kalito.ImportRun
function M.new(options)
  local counts = {
    sessions = 0, messages = 0, personas = 0, summaries = 0, pins = 0, present = 0, skipped = 0, lines = 0,
  }
  return setmetatable({ options = options, counts = counts, saved = copy(counts), unknowns = {}, batch = 0 }, M)
end

---@param what string
---@param n integer
function M:count(what, n)
  self.counts[what] = self.counts[what] + n
end

---A field that plain lines do not have.
---@param key string
function M:unknown(key)
  self.unknowns[key] = (self.unknowns[key] or 0) + 1
end

---The session of that id, here or, while checking, in the database that is going to be written to.
---@param id string
---@return table?
function M:known_session(id)
  return need(self.db.session.get(id)) or self.real and need(self.real.session.get(id)) or nil
end

-- What is wrong with a line, when that is what an error says: Ctrl-C, a lack of memory, failures of the database and
-- defects are not.
local function problem_of(message)
  if type(message) ~= "string" or message:find "interrupted$" or message:find "memory$" then return nil end
  local text = message:gsub("^kalito/[%w_/]+%.lua:%d+: ", "")
  return not text:find "^attempt to " and text:gsub("^%l+%.add: ", "") or nil
end

local function caught(ok, ...)
  if ok then return true, ... end
  local problem = problem_of((...))
  if not problem then error((...), 0) end
  return false, problem
end

---Calls a function that may find a line wrong.
---@return boolean ok, any ... its results, or the problem
function M.try(f, ...)
  return caught(pcall(f, ...))
end

---Ends the import.
---@param code string
---@param message string
function M.fail(code, message)
  error({ code = code, message = message }, 0)
end

---Names what is wrong with the input.
---@param number integer of the line
---@param problem string
function M:report(number, problem)
  print.progress(nil)
  io.stderr:write(("%s:%d: %s\n"):format(print.safe(self.input.name), number, print.safe(problem)))
end

-- Before the transaction: a slow rule must not keep others waiting.
local function score(self, items)
  local rows, n = {}, 0
  for _, item in ipairs(items) do
    if item.score then
      n = n + 1
      rows[n] = item.row
    end
  end
  if n == 0 or self.checking then return end
  for i, result in ipairs(policy.scores(rows, { now = self.db.now() })) do
    rows[i].importance_score, rows[i].score_reasons = result.score, scoring.encode(result.reasons)
  end
end

local function check(ok, message, code)
  if not ok then M.fail(code, message) end
end

local function show_progress(self)
  local now = kalito.system.clock()
  if now < (self.next_progress or 0) then return end
  self.next_progress = now + 0.1
  local done = self.input.size and (", %d %%"):format(self.reader.bytes * 100 // math.max(1, self.input.size)) or ""
  print.progress(("%s %s: %d messages%s"):format(self.checking and "checking" or "importing", self.input.name,
    self.counts.messages, done))
end

-- Keeps what the batch has stored; an undone one leaves nothing behind.
local function finish_batch(self, handler)
  if self.checking then
    self.db.rollback()
    return handler:forget()
  end
  self.committing = copy(self.counts)
  check(self.db.commit())
  self.saved, self.committing = self.committing, nil
end

---Stores a batch.
---@param handler table
---@param items table[]
function M:store(handler, items)
  if #items == 0 then return end
  self.db = self.db or self.options.open()
  self.batch = self.batch + 1
  if self.reader.large then collectgarbage() end -- the line that the last message came from
  score(self, items)
  check(self.db.begin())
  for _, item in ipairs(items) do
    local stored
    if not item.problem then stored, item.problem = handler:store(item) end
    if stored == false then self:count("present", 1) end
    if item.problem then
      self:count("skipped", 1)
      self:report(item.number, item.problem)
    end
  end
  finish_batch(self, handler)
  show_progress(self)
end

---What was committed when the import ended early. A commit that was under way has happened when its last message is
---there.
---@return table<string, integer> counts
function M:settle()
  if not self.db then return self.saved end
  self.db.rollback()
  if self.committing and self.last_message and self.db.message.get(self.last_message) then
    self.saved = self.committing
  end
  return self.saved
end

return M
