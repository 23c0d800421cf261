-- expect: ok|policy
-- the same in tables
return { score = function(message, ctx)
  local huge, tiny = math.maxinteger, math.mininteger
  pcall(table.unpack, {}, tiny, huge)
  pcall(table.unpack, {}, huge - 1, huge)
  pcall(table.concat, {}, "", huge, huge)
  pcall(table.insert, {}, huge, 1)
  pcall(table.move, {}, tiny, huge, 1)
  pcall(table.move, {}, 1, 3, huge)
  pcall(select, tiny)
  pcall(select, huge)
  for i = huge - 1, huge do local _ = i end
  return 0.5
end }
