-- expect: limit
-- one string counted a thousand times
return { score = function(message, ctx)
  local t = {}
  for i = 1, 1000 do t[i] = ("x"):rep(1000) end
  local s = table.concat(t)
  for i = 1, 1000 do t[i] = s end
  return #table.concat(t)
end }
