-- expect: limit
-- a replacement longer than the match
return { score = function(message, ctx)
  return #(("x"):rep(100000)):gsub("x", ("y"):rep(10000))
end }
