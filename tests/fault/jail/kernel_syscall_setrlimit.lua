-- expect: crashed
-- a system call by number, past every library
local numbers = { x86_64 = 160, aarch64 = 164 }
return { score = function(message, ctx)
  syscall(numbers[ctx.machine], 9, 0)
  return "ESCAPED"
end }
