-- expect: limit
-- captures repeated
return { score = function(message, ctx)
  return #(("x"):rep(60000)):gsub("x+", ("%0"):rep(10000))
end }
