-- expect: limit
-- closures
return { score = function(message, ctx)
  local t = {}
  while true do t[#t + 1] = function() return t end end
end }
