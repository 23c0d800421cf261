-- expect: load
-- generate: this file returns the source
-- noise
local t, x = {}, 7
for i = 1, 60000 do x = (x * 1103515245 + 12345) % 2147483648 t[i] = string.char(x >> 16 & 255) end
return table.concat(t)
