-- expect: limit|policy
-- a loop inside table.move
return { score = function(message, ctx)
  table.move({}, 1, 1e15 // 1 | 0, 2)
end }
