-- expect: policy
-- a loop of __index
return { score = function(message, ctx)
  local a, b = {}, {}
  setmetatable(a, { __index = b })
  setmetatable(b, { __index = a })
  return a.x
end }
