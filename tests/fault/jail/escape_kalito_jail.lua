-- expect: policy
-- a jail inside the jail
return { score = function(message, ctx)
  return kalito.jail.open { name = "x", source = "return {}" } and "ESCAPED"
end }
