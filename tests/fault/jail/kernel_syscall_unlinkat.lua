-- expect: crashed
-- a system call by number, past every library
local numbers = { x86_64 = 263, aarch64 = 35 }
return { score = function(message, ctx)
  syscall(numbers[ctx.machine], -100, "/tmp/kalito-none", 0)
  return "ESCAPED"
end }
