-- expect: policy
-- modules
return { score = function(message, ctx)
  return require("os") and "ESCAPED"
end }
