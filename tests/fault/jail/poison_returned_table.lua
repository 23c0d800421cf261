-- expect: ok
-- a reply changed after it was given
local reply = { "reason" }
return { score = function()
  reply[#reply + 1] = "again"
  return 0.5, reply
end }
