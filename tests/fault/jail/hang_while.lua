-- expect: limit
-- the plain loop
return { score = function(message, ctx)
  while true do end
end }
