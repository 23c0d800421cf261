-- expect: policy|load|crashed|limit
-- generate: this file returns the source
-- the same with fields that are there
return "local a = {} a.b = a return { score = function() return a" .. (".b"):rep(30000) .. " + 1 end }"
