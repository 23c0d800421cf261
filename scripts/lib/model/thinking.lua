-- thinking.lua: what a model thinks before it answers is neither shown nor kept. Most servers send it in a field of its
-- own; others leave it in the answer, between <think> and </think> at its beginning.

local M = {}
M.__index = M

local OPEN <const>, CLOSE <const> = "<think>", "</think>"

---@class kalito.Thinking
---@field held string what came and is not yet known to be either
---@field state "before"|"in"|"after"|"answer"

---@return kalito.Thinking
function M.new()
  return setmetatable({ held = "", state = "before" }, M)
end

local steps = {}

function steps.before(self)
  local begun = self.held:match "^%s*(.*)$"
  if begun:sub(1, #OPEN) == OPEN then
    self.held, self.state = begun:sub(#OPEN + 1), "in"
  elseif #begun >= #OPEN or begun ~= OPEN:sub(1, #begun) then
    self.state = "answer"
  end
end

steps["in"] = function(self)
  local _, last = self.held:find(CLOSE, 1, true)
  self.held = self.held:sub(last and last + 1 or -#CLOSE + 1)
  if last then self.state = "after" end
end

function steps.after(self)
  self.held = self.held:match "^%s*(.*)$"
  if self.held ~= "" then self.state = "answer" end
end

---@param piece string
---@return string text the answer's part of it
function M:feed(piece)
  self.held = self.held .. piece
  local state
  repeat
    state = self.state
    if state == "answer" then return self:finish() end
    steps[state](self)
  until self.state == state
  return ""
end

---The end: what began like a thought and was none is the answer.
---@return string text
function M:finish()
  local text = self.state ~= "in" and self.held or ""
  self.held = ""
  return text
end

return M
