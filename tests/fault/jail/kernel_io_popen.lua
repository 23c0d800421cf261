-- expect: crashed
-- the kernel's side alone
return { score = function(message, ctx)
  return io.popen("touch /tmp/kalito-escape-popen") and "ESCAPED"
end }
