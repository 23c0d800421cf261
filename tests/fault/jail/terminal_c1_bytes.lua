-- expect: policy
-- control bytes of eight bits
return { score = function(message, ctx)
  error("\x9b2J \x9d0;x\x9c")
end }
