-- expect: policy
-- escape sequences
return { score = function(message, ctx)
  error("\27[2J\27[H")
end }
