-- expect: limit
-- long encodings
return { score = function(message, ctx)
  local t = {}
  for i = 1, 200000 do t[i] = utf8.char(0x7FFFFFFF, i) end
  while true do t[#t + 1] = table.concat(t) end
end }
