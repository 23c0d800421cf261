-- expect: crashed
-- the kernel's side alone
return { score = function(message, ctx)
  for line in io.lines("/etc/passwd") do return "ESCAPED" end
end }
