-- expect: ok
-- result: { 352001 }
-- two million instructions
return { score = function(message, ctx)
  local n = 0
  for i = 1, 400000 do n = (n + i * i) % 1000003 end
  return n
end }
