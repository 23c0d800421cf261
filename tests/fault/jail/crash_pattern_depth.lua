-- expect: policy|limit
-- captures without end
return { score = function(message, ctx)
  return (("x"):rep(1000000)):find(("(x"):rep(40) .. (")"):rep(40))
end }
