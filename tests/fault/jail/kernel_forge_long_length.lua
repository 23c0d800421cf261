-- expect: invalid
-- a frame of two gigabytes; written to the pipe by a worker that is not ours any more
local numbers = { x86_64 = 1, aarch64 = 64 }
return { score = function(message, ctx)
  local bytes = string.pack("=I4BI4", 0x7FFFFFFF, 82, 3)
  syscall(numbers[ctx.machine], 1, bytes, #bytes)
  while true do end
end }
