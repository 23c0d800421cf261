-- expect: crashed
-- a system call by number, past every library
local numbers = { x86_64 = 101, aarch64 = 117 }
return { score = function(message, ctx)
  syscall(numbers[ctx.machine], 16, 1)
  return "ESCAPED"
end }
