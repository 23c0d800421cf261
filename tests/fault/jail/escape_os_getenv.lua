-- expect: policy
-- the environment
return { score = function(message, ctx)
  return os.getenv("HOME") and "ESCAPED"
end }
