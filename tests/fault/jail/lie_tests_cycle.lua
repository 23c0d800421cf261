-- expect: load
-- tests without end
local tests = {}
tests[1] = tests
return { tests = tests, score = function() return 1 end }
