-- expect: load|ok
-- generate: this file returns the source
-- quadratic jump lists
return "return { score = function(a) if a then return 1 " .. ("elseif a then "):rep(4600) .. "end end }"
