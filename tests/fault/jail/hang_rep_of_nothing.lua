-- expect: limit|policy
-- a loop inside string.rep
return { score = function(message, ctx)
  return string.rep("", 1e15 // 1 | 0)
end }
