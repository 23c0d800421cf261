-- expect: ok|policy
-- an order that leads out of the list
return { score = function(message, ctx)
  local t = {}
  for i = 1, 300 do t[i] = i % 17 end
  pcall(table.sort, t, function() return true end)
  return 0.5
end }
