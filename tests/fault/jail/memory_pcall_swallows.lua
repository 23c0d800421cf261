-- expect: limit
-- the error of the limit is caught
return { score = function(message, ctx)
  local keep = {}
  while true do pcall(function() keep[#keep + 1] = ("x"):rep(1000000) end) end
end }
