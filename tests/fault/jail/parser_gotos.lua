-- expect: load|ok
-- generate: this file returns the source
-- pending jumps
local t = {}
for i = 1, 5500 do t[i] = "goto x" end
return table.concat(t, "\n") .. " do end ::x:: return { score = function() return 1 end }"
