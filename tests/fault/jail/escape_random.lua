-- expect: policy
-- a policy has no randomness
return { score = function(message, ctx)
  return math.random() and "ESCAPED"
end }
