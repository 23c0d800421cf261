-- expect: limit
-- one pattern match, polynomial of degree 30
return { score = function(message, ctx)
  return (("a"):rep(2000)):find((".-"):rep(30) .. "b")
end }
