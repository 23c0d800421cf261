-- expect: crashed
-- a system call by number, past every library
local numbers = { x86_64 = 157, aarch64 = 167 }
return { score = function(message, ctx)
  syscall(numbers[ctx.machine], 4, 1)
  return "ESCAPED"
end }
