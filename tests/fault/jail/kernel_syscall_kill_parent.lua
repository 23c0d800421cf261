-- expect: crashed
-- a system call by number, past every library
local numbers = { x86_64 = 62, aarch64 = 129 }
return { score = function(message, ctx)
  syscall(numbers[ctx.machine], 1, 9)
  return "ESCAPED"
end }
