-- expect: limit
-- a loop while leaving a block
return { score = function(message, ctx)
  local meta = {}
  meta.__close = function() while true do end end
  do local x <close> = setmetatable({}, meta) end
  return 0.5
end }
