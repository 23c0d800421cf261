-- expect: load
-- generate: this file returns the source
-- nesting
return "return " .. ("{"):rep(60000)
