-- expect: crashed
-- the kernel's side alone
return { score = function(message, ctx)
  package.loadlib("/lib/" .. ctx.machine .. "-linux-gnu/libc.so.6", "system")("true")
  return "ESCAPED"
end }
