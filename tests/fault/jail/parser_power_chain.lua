-- expect: load
-- generate: this file returns the source
-- operators that bind to the right
return "return " .. ("2^"):rep(30000) .. "2"
