-- expect: limit
-- a hash part that doubles
return { score = function(message, ctx)
  local t = {}
  for i = 1, 1e9 do t[i * 1.5] = i end
end }
