-- expect: policy
-- text that erases itself
return { score = function(message, ctx)
  error("safe\8\8\8\8evil")
end }
