-- expect: crashed|policy
-- the kernel's side alone
return { score = function(message, ctx)
  return pcall(require, "posix") and "ESCAPED"
end }
