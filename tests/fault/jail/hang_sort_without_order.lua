-- expect: limit|policy
-- an order that is none
return { score = function(message, ctx)
  local t = {}
  for i = 1, 100000 do t[i] = i * 7919 % 100003 end
  while true do table.sort(t, function(a, b) return a % 7 < b % 5 end) end
end }
