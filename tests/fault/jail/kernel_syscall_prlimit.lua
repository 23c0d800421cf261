-- expect: crashed
-- a system call by number, past every library
local numbers = { x86_64 = 302, aarch64 = 261 }
return { score = function(message, ctx)
  syscall(numbers[ctx.machine], 0, 9, 0, 0)
  return "ESCAPED"
end }
