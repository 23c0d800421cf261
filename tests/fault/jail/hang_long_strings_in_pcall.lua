-- expect: limit
-- memory traffic without instructions
return { score = function(message, ctx)
  while true do pcall(string.rep, "x", 20000000) end
end }
