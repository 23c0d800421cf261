-- remarks.lua: showing what check, optimize, recover and doctor have to say: one line each, with the command that
-- mends it.

local kalito = package.loaded.kalito
local print = require "kalito.terminal.print"

local M = {}

---@param list kalito.Remark[]
function M.show(list)
  local rows = {}
  for i, remark in ipairs(list) do
    rows[i] = { what = remark.what, mend = remark.mend, wrong = remark.wrong, about = remark.about }
  end
  if print.json then
    return print.object { wrong = list.wrong or 0, remarks = kalito.json.array(rows) }
  end
  for _, row in ipairs(rows) do
    local mend = row.mend and "  -> " .. print.safe(row.mend) or ""
    print.write((row.wrong and "! " or "- ") .. print.safe(row.what) .. mend .. "\n")
  end
end

return M
