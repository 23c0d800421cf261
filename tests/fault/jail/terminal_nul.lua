-- expect: policy
-- a zero byte
return { score = function(message, ctx)
  error("a\0b")
end }
