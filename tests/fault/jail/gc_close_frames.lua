-- expect: limit
-- 150 frames that each loop while leaving
return { score = function(message, ctx)
  local meta = {}
  meta.__close = function() while true do end end
  local function f(n)
    local x <close> = setmetatable({}, meta)
    if n > 0 then return (f(n - 1)) end
    while true do end
  end
  return f(150)
end }
