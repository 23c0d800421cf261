-- expect: load
-- while the file is loaded
local t = {}
while true do t[#t + 1] = {} end
