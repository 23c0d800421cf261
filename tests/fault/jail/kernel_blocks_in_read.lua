-- expect: timeout
-- waiting without using time, until the wall limit
local numbers = { x86_64 = 0, aarch64 = 63 }
return { score = function(message, ctx)
  syscall(numbers[ctx.machine], 0, (("x"):rep(64)), 64)
  return 0.5
end }
