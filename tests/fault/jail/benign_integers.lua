-- expect: ok
-- result: { math.maxinteger, math.mininteger, 3.0, "integer", 5.0 }
-- numbers keep their kind
return { score = function(message, ctx)
  return math.maxinteger, math.mininteger, 1 // 0.3, math.type(3), 10 / 2
end }
