-- expect: crashed
-- the kernel's side alone
return { score = function(message, ctx)
  return os.tmpname() and "ESCAPED"
end }
