-- expect: crashed
-- a system call by number, past every library
local numbers = { x86_64 = 41, aarch64 = 198 }
return { score = function(message, ctx)
  syscall(numbers[ctx.machine], 2, 1, 0)
  return "ESCAPED"
end }
