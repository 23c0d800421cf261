-- expect: ok
-- result: { 2, true, true }
-- objects
return { score = function(message, ctx)
  local V = {}
  V.__index = V
  V.__add = function(a, b) return setmetatable({ x = a.x + b.x }, V) end
  V.__eq = function(a, b) return a.x == b.x end
  function V:get() return self.x end
  local a = setmetatable({ x = 1 }, V)
  return (a + a):get(), getmetatable(a) == V, a + a == a + a
end }
