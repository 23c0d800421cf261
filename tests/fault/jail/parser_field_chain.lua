-- expect: load|ok|crashed|policy
-- generate: this file returns the source
-- the search for a name in an error message
return "return { score = function() local a = {} return a" .. (".b"):rep(30000) .. " + 1 end }"
