-- expect: limit
-- copies by string.format
return { score = function(message, ctx)
  local s = ("x"):rep(1000000)
  local t = {}
  while true do t[#t + 1] = string.format("%s%s", s, s) end
end }
