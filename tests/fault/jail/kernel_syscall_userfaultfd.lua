-- expect: crashed
-- a system call by number, past every library
local numbers = { x86_64 = 323, aarch64 = 282 }
return { score = function(message, ctx)
  syscall(numbers[ctx.machine], 0)
  return "ESCAPED"
end }
