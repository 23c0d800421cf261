-- expect: crashed
-- the kernel's side alone
return { score = function(message, ctx)
  return io.open("/tmp/kalito-escape-kernel", "w") and "ESCAPED"
end }
