-- expect: load
-- generate: this file returns the source
-- nesting
return ("return function() "):rep(3500)
