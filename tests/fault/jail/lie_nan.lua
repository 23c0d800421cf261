-- expect: invalid
-- not a number
return { score = function(message, ctx)
  return 0 / 0
end }
