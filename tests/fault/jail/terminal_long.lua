-- expect: policy
-- a megabyte of message
return { score = function(message, ctx)
  error(("x"):rep(1000000))
end }
