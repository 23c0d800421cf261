-- expect: limit
-- one string
return { score = function(message, ctx)
  return #("x"):rep(1 << 30)
end }
