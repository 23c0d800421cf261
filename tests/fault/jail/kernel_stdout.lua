-- expect: invalid|crashed
-- the kernel's side alone
return { score = function(message, ctx)
  io.write("these are not frames, and more than a header")
  io.flush()
  return 0.5
end }
