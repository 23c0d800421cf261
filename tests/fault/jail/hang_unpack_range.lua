-- expect: limit
-- a loop inside table.unpack
return { score = function(message, ctx)
  while true do pcall(table.unpack, {}, 1, 900000) end
end }
