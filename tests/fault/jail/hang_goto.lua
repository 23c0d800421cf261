-- expect: limit
-- a loop without a keyword of loops
return { score = function(message, ctx)
  ::again:: goto again
end }
