-- expect: load
-- a name that is a table
return { name = {}, score = function() return 1 end }
