-- expect: policy|limit|ok
-- a million values on the stack
return { score = function(message, ctx)
  return select("#", table.unpack({}, 1, 990000))
end }
