-- expect: limit
-- an honest pattern on a long text
return { score = function(message, ctx)
  return (("x"):rep(3000000)):find("(.-zzz)")
end }
