-- expect: ok
-- the kernel's side alone
return { score = function(message, ctx)
  return next({ os.getenv("HOME"), os.getenv("PATH"), os.getenv("USER") }) and "ESCAPED" or 0.5
end }
