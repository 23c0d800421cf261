-- expect: invalid
-- a hundred thousand levels
return { score = function(message, ctx)
  local t = {}
  for _ = 1, 100000 do t = { t } end
  return t
end }
