-- expect: limit
-- the error of the limit is caught
return { score = function(message, ctx)
  while true do pcall(function() while true do end end) end
end }
