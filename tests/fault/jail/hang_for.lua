-- expect: limit
-- a counted loop
return { score = function(message, ctx)
  for _ = 1, math.maxinteger do end
end }
