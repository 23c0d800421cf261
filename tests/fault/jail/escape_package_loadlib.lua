-- expect: policy
-- C libraries
return { score = function(message, ctx)
  return package.loadlib("libc.so.6", "system") and "ESCAPED"
end }
