-- expect: invalid
-- a hundred thousand values
return { score = function(message, ctx)
  local t = {}
  for i = 1, 100000 do t[i] = i end
  return t
end }
