-- expect: load
-- defaults that are code
return { defaults = { limit = type }, score = function() return 1 end }
