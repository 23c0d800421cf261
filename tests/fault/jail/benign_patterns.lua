-- expect: ok
-- result: { 7 }
-- a pattern over a message
return { score = function(message, ctx)
  local n = 0
  for _ in message.text:gmatch("%a+") do n = n + 1 end
  return n
end }
