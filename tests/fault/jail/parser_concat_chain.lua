-- expect: load|ok
-- generate: this file returns the source
-- one expression with thousands of registers
return "return { score = function(a) return #(1" .. (" .. 1"):rep(12000) .. ") end }"
