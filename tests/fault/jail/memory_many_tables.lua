-- expect: limit
-- small tables
return { score = function(message, ctx)
  local t = {}
  while true do t[#t + 1] = {} end
end }
