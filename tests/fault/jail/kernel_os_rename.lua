-- expect: crashed
-- the kernel's side alone
return { score = function(message, ctx)
  os.rename("/tmp/kalito-a", "/tmp/kalito-b")
  return "ESCAPED"
end }
