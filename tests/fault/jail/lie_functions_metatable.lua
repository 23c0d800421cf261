-- expect: load|ok
-- functions that only a metatable has
return setmetatable({}, { __index = function() return function() return 1 end end })
