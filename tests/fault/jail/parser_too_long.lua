-- expect: load
-- generate: this file returns the source
-- one byte more than 64 KiB
local tail = "return { score = function() return 1 end }"
return (" "):rep(65537 - #tail) .. tail
