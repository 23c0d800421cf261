-- expect: invalid
-- eight to the seventh by sharing
return { score = function(message, ctx)
  local t = { 1 }
  for _ = 1, 7 do t = { t, t, t, t, t, t, t, t } end
  return t
end }
