-- expect: crashed
-- a system call by number, past every library
local numbers = { x86_64 = 319, aarch64 = 279 }
return { score = function(message, ctx)
  syscall(numbers[ctx.machine], "x", 0)
  return "ESCAPED"
end }
