-- expect: invalid
-- keys that are no keys
return { score = function(message, ctx)
  return { [{}] = 1 }
end }
