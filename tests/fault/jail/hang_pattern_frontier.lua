-- expect: limit
-- anchors that fail late
return { score = function(message, ctx)
  for _ = 1, 100 do (("ab "):rep(900000)):gsub("%f[%w]%w+%f[%W]$", "") end
end }
