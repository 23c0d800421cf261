-- expect: policy
-- files by the name of a shipped script
return { score = function(message, ctx)
  return kalito.script.builtin("../../../../etc/passwd") and "ESCAPED"
end }
