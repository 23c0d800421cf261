-- expect: load|ok
-- generate: this file returns the source
-- a number of sixty thousand digits
return "return { score = function() return 0x" .. ("f"):rep(60000) .. " end }"
