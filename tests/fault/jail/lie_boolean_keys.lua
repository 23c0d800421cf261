-- expect: invalid
-- keys that are no keys
return { score = function(message, ctx)
  return { [true] = 1 }
end }
