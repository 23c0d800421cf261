-- expect: crashed
-- the kernel's side alone
return { score = function(message, ctx)
  return io.open("/etc/passwd") and "ESCAPED"
end }
