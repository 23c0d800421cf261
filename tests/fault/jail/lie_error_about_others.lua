-- expect: policy
-- a false place in the message
return { score = function(message, ctx)
  error("policies/context.lua:1: not mine", 0)
end }
