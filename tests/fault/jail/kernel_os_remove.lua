-- expect: crashed
-- the kernel's side alone
return { score = function(message, ctx)
  os.remove("/tmp/kalito-escape-nothing")
  return "ESCAPED"
end }
