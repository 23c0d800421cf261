-- expect: policy
-- a long one; written to the pipe by a worker that is not ours any more
local numbers = { x86_64 = 1, aarch64 = 64 }
local function frame(kind, seq, body)
  return string.pack("=I4BI4", 5 + #body, kind, seq) .. body
end
return { score = function(message, ctx)
  local bytes = frame(82, 3, "\1" .. string.pack("=s4", ("x"):rep(60000)))
  syscall(numbers[ctx.machine], 1, bytes, #bytes)
  while true do end
end }
