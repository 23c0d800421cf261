-- expect: crashed
-- a system call by number, past every library
local numbers = { x86_64 = 56, aarch64 = 220 }
return { score = function(message, ctx)
  syscall(numbers[ctx.machine], 17)
  return "ESCAPED"
end }
