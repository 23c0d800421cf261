-- expect: invalid
-- code instead of data
return { score = function(message, ctx)
  return function() return "ESCAPED" end
end }
