-- expect: ok
-- result: { "cba", 3, 5, 3 }
-- table and math
return { score = function(message, ctx)
  local t = { "b", "a", "c" }
  table.sort(t, function(a, b) return a > b end)
  return table.concat(t), select("#", table.unpack(t)), math.max(1, 5), 7 // 2
end }
