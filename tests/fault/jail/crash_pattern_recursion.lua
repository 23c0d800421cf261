-- expect: policy|limit|ok
-- the matcher's own recursion
return { score = function(message, ctx)
  return (("x"):rep(1000000)):match(("x?"):rep(100000))
end }
