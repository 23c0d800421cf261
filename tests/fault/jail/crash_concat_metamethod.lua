-- expect: ok|crashed|policy|invalid
-- the stale stack pointer of Debian's 5.4.4
return { score = function(message, ctx)
  local function deep(n) if n == 0 then return 0 end return 1 + deep(n - 1) end
  local v = setmetatable({}, { __concat = function() deep(150) return "v" end })
  local function nested(n) if n == 0 then return "a" .. "b" .. v .. "c" end return (nested(n - 1)) end
  for i = 1, 150 do nested(i) end
  return 0.5
end }
