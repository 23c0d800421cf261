-- expect: invalid
-- two megabytes of key
return { score = function(message, ctx)
  return { [("x"):rep(2000000)] = 1 }
end }
