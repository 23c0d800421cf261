-- expect: load
-- generate: this file returns the source
-- zero bytes in the text
return "return \0{" .. ("\0"):rep(1000) .. "}"
