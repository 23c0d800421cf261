-- expect: invalid
-- ten megabytes
return { score = function(message, ctx)
  return ("x"):rep(10000000)
end }
