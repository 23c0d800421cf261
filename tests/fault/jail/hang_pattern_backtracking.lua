-- expect: limit
-- one pattern match, exponential
return { score = function(message, ctx)
  return (("a"):rep(40)):find(("a?"):rep(40) .. ("a"):rep(40))
end }
