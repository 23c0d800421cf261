-- expect: policy
-- hooks are off in handlers
return { score = function(message, ctx)
  return xpcall(error, function() return "ESCAPED" end)
end }
