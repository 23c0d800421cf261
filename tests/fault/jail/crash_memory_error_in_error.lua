-- expect: limit|policy
-- no memory for the message
return { score = function(message, ctx)
  local s = ("x"):rep(1 << 24)
  error(s .. s)
end }
