-- expect: load
-- generate: this file returns the source
-- too many locals
return ("local a "):rep(7000)
