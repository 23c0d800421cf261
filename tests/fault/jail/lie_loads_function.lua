-- expect: load
-- a file that returns a function
return function() end
