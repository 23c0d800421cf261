-- expect: policy|limit
-- closing that opens again
return { score = function(message, ctx)
  local meta = {}
  meta.__close = function() local x <close> = setmetatable({}, meta) end
  local x <close> = setmetatable({}, meta)
  return 0.5
end }
