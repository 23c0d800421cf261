-- expect: policy|limit
-- a chain of a hundred thousand __index
return { score = function(message, ctx)
  local t = {}
  for _ = 1, 100000 do t = setmetatable({}, { __index = t }) end
  return t.x
end }
