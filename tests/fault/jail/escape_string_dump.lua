-- expect: policy
-- bytecode
return { score = function(message, ctx)
  return string.dump(function() end) and "ESCAPED"
end }
