-- expect: policy|limit
-- a length that overflows
return { score = function(message, ctx)
  return #("xxxx"):rep(1 << 62)
end }
