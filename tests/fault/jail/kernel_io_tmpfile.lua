-- expect: crashed
-- the kernel's side alone
return { score = function(message, ctx)
  return io.tmpfile() and "ESCAPED"
end }
