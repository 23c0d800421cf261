-- expect: policy
-- the field alone marks an object
return { score = function(message, ctx)
  local meta = { __gc = true }
  local t = setmetatable({}, meta)
  meta.__gc = function() while true do end end
  return t and "ESCAPED"
end }
