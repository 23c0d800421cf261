-- expect: ok|limit
-- a little more with every call
local keep = {}
return { score = function(message)
  for _ = 1, 10 do keep[#keep + 1] = message.text .. #keep .. ("x"):rep(100000) end
  return 0.5
end }
