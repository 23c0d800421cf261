-- expect: load|ok
-- generate: this file returns the source
-- quadratic jump lists
return "return { score = function(a) return a" .. (" or a"):rep(12900) .. " end }"
