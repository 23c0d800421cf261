-- transaction.lua: several writes that count together or not at all.

local M = {}

local function finish(db, ok, first, ...)
  if not ok then
    db.rollback()
    error(first, 0)
  end
  if not first then
    db.rollback()
    return first, ...
  end
  local done, message, code = db.commit()
  if not done then return nil, message, code end
  return first, ...
end

---Runs a function in a transaction: what it wrote is kept when its first result is true, dropped when it is false or
---the function raises. Inside a transaction of the caller's it becomes a part of that.
---@param db kalito.Store
---@param work fun(): any, ...
---@return any ... its results; nil, message, code when it cannot begin or commit
function M.run(db, work)
  local open, ok, message, code = pcall(db.begin)
  if not open then return work() end -- misuse: there is one already
  if not ok then return nil, message, code end
  return finish(db, pcall(work))
end

return M
