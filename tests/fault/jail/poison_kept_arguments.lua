-- expect: ok
-- the arguments of the call before
local kept
return { score = function(message, ctx)
  if kept then kept.text = "poison" end
  kept = message
  return 0.5
end }
