-- expect: crashed
-- the terminal of whoever started it
local numbers = { x86_64 = 1, aarch64 = 64 }
return { score = function(message, ctx)
  syscall(numbers[ctx.machine], 2, "ESCAPED", 7)
  return "ESCAPED"
end }
