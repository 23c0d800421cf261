-- expect: policy
-- the store
return { score = function(message, ctx)
  return kalito.open("/tmp/kalito-escape.db") and "ESCAPED"
end }
