-- expect: ok
-- the shipped policy of whoever comes next
local shipped = kalito.script.builtin("policies/score")
shipped.score = function() return 99 end
setmetatable(shipped, { __index = function() return "poison" end })
return { score = shipped.score }
