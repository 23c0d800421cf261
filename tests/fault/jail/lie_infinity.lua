-- expect: invalid
-- infinite
return { score = function(message, ctx)
  return math.huge
end }
