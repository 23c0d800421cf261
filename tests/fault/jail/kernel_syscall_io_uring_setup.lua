-- expect: crashed
-- a system call by number, past every library
local numbers = { x86_64 = 425, aarch64 = 425 }
return { score = function(message, ctx)
  syscall(numbers[ctx.machine], 1, 0)
  return "ESCAPED"
end }
