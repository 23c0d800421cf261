-- expect: limit
-- balanced matches that never end
return { score = function(message, ctx)
  return (("("):rep(2000000)):gsub("%b()", "")
end }
