-- expect: crashed
-- the kernel's side alone
return { score = function(message, ctx)
  os.execute("touch /tmp/kalito-escape-execute")
  return "ESCAPED"
end }
