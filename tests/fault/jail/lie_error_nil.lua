-- expect: policy
-- an error without a value
return { score = function(message, ctx)
  error()
end }
