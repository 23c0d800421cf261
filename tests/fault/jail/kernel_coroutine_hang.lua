-- expect: limit
-- the kernel's side alone
return { score = function(message, ctx)
  coroutine.wrap(function() while true do end end)()
end }
