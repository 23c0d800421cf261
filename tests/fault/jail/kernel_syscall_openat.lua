-- expect: crashed
-- a system call by number, past every library
local numbers = { x86_64 = 257, aarch64 = 56 }
return { score = function(message, ctx)
  syscall(numbers[ctx.machine], -100, "/etc/passwd", 0)
  return "ESCAPED"
end }
