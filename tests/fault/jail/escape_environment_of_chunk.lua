-- expect: ok
-- an upvalue of the chunk that is not its environment
return { score = function(message, ctx)
  local env = _ENV
  return (env.io or env.os or env._G) and "ESCAPED" or 0.5
end }
