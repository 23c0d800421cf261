-- expect: limit
-- a loop inside a callback from C
return { score = function(message, ctx)
  (("x"):rep(1000)):gsub("x", function() while true do end end)
end }
