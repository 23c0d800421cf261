-- expect: ok
-- a failure that is none
return { score = function(message, ctx)
  return nil, "out of memory", "crashed"
end }
