-- expect: limit
-- the kernel's side alone
return { score = function(message, ctx)
  setmetatable({}, { __gc = function() while true do end end })
  collectgarbage()
  return "ESCAPED"
end }
