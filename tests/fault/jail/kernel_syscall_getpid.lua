-- expect: crashed
-- a system call by number, past every library
local numbers = { x86_64 = 39, aarch64 = 172 }
return { score = function(message, ctx)
  syscall(numbers[ctx.machine])
  return "ESCAPED"
end }
