-- expect: limit
-- the kernel's side alone
return { score = function(message, ctx)
  xpcall(error, function() while true do end end)
end }
