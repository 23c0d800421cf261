-- expect: policy
-- files as code
return { score = function(message, ctx)
  return loadfile("/etc/passwd") and "ESCAPED"
end }
