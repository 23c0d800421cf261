-- expect: limit
-- small strings
return { score = function(message, ctx)
  local t = {}
  for i = 1, 1e9 do t[i] = "s" .. i end
end }
