-- expect: limit
-- work inside string functions
return { score = function(message, ctx)
  local s = ("x"):rep(2000000)
  while true do s:reverse():upper():lower() end
end }
