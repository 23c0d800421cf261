-- reading.lua: rows that others build on: they are there, or they are not, or nothing is built. A failure of the
-- database is never taken for "there is none", and ends what is being done.

local M = {}

-- main.lua tells such an error as it is.
local Failure = {}

---What was read; nil when there is none. Raises what went wrong.
---@generic T
---@param value? T
---@param message? string
---@param code? string
---@return T? value
function M.need(value, message, code)
  if value == nil and code and code ~= "not_found" then
    error(setmetatable({ message = message, code = code }, Failure), 0)
  end
  return value
end

local function returned(ok, problem, ...)
  if ok then return problem, ... end
  if getmetatable(problem) == Failure then return nil, problem.message, problem.code end
  error(problem, 0)
end

---Calls a function. What `need` raises in it are its results: nil, message, code.
---@param work function
---@param ... any
---@return any ...
function M.try(work, ...)
  return returned(pcall(work, ...))
end

return M
