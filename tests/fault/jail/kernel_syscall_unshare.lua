-- expect: crashed
-- a system call by number, past every library
local numbers = { x86_64 = 272, aarch64 = 97 }
return { score = function(message, ctx)
  syscall(numbers[ctx.machine], 0x10000000)
  return "ESCAPED"
end }
