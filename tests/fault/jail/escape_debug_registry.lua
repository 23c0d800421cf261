-- expect: policy
-- the registry
return { score = function(message, ctx)
  return debug.getregistry() and "ESCAPED"
end }
