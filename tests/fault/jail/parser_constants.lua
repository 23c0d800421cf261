-- expect: ok|load
-- generate: this file returns the source
-- many constants
local t = {}
for i = 1, 7000 do t[i] = i + 0.5 end
return "local t = {" .. table.concat(t, ",") .. "} return { score = function() return 1 end }"
