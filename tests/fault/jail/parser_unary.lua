-- expect: load
-- generate: this file returns the source
-- nesting of operators
return "return " .. ("not "):rep(16000) .. "1"
