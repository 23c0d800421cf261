-- expect: ok|crashed|policy|invalid
-- the same, added after setmetatable
return { score = function(message, ctx)
  local function deep(n) if n == 0 then return 0 end return 1 + deep(n - 1) end
  local meta = {}
  local v = setmetatable({}, meta)
  meta.__concat = function() deep(150) return "v" end
  local function nested(n) if n == 0 then return "a" .. "b" .. v .. "c" end return (nested(n - 1)) end
  for i = 1, 150 do nested(i) end
  return 0.5
end }
