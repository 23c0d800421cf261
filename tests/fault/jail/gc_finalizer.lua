-- expect: policy
-- hooks are off in finalizers
return { score = function(message, ctx)
  setmetatable({}, { __gc = function() while true do end end })
  return 0.5
end }
