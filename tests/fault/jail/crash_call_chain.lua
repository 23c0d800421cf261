-- expect: policy|limit|ok
-- a chain of a hundred thousand __call
return { score = function(message, ctx)
  local t = function() return 0.5 end
  for _ = 1, 100000 do t = setmetatable({}, { __call = t }) end
  return t()
end }
