-- expect: ok
-- the host's tables by way of the arguments
return { score = function(message, ctx)
  message.text = "poison"
  message.id = -1
  ctx.session = message
  setmetatable(message, { __index = function() return "poison" end })
  return 0.5
end }
