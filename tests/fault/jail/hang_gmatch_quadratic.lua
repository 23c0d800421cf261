-- expect: limit
-- an iterator that is slow inside
return { score = function(message, ctx)
  for w in (("a"):rep(1000000)):gmatch("a*b") do return w end
end }
