-- expect: invalid
-- code inside data
return { score = function(message, ctx)
  return 0.5, { why = type }
end }
