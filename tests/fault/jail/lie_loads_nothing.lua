-- expect: load
-- a file that returns nothing
local x = 1
