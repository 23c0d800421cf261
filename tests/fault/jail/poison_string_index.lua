-- expect: ok
-- every string of whoever comes next
string.len = function() return -1 end
local broken = ("x"):len() == -1
return { score = function() return broken and 0.5 or 0.4 end }
