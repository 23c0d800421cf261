-- expect: limit
-- comparing costs without instructions
return { score = function(message, ctx)
  local a, b = ("x"):rep(10000000) .. "a", ("x"):rep(10000000) .. "b"
  while true do local _ = a < b end
end }
