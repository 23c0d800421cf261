-- expect: load|ok
-- a table that can be called is no function
return { score = setmetatable({}, { __call = function() return 1 end }), name = "x" }
