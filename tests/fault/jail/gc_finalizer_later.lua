-- expect: ok
-- a finalizer added after setmetatable is none
return { score = function(message, ctx)
  local meta = {}
  local t = setmetatable({}, meta)
  meta.__gc = function() while true do end end
  t = nil
  for i = 1, 100000 do local _ = { i } end
  return t or 0.5
end }
