-- expect: load|ok
-- generate: this file returns the source
-- labels compared with each other
local t = {}
for i = 1, 6500 do t[i] = "::l" .. i .. "::" end
return table.concat(t) .. " return { score = function() return 1 end }"
