-- expect: crashed
-- the kernel's side alone
return { score = function(message, ctx)
  os.exit(0)
end }
