-- expect: ok
-- a field that only a metamethod has
return { score = function(message, ctx)
  local meta = setmetatable({}, { __index = { __gc = function() while true do end end } })
  local t = setmetatable({}, meta)
  t = nil
  for i = 1, 100000 do local _ = { i } end
  return t or 0.5
end }
