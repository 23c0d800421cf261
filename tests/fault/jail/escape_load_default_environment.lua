-- expect: policy
-- load's default environment is the real globals
return { score = function(message, ctx)
  return load("return os")() and "ESCAPED"
end }
