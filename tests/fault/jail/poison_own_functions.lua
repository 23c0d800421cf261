-- expect: ok
-- functions changed after loading
local M = {}
function M.score()
  M.score = function() return "ESCAPED" end
  return 0.5
end
return M
