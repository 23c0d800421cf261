-- expect: limit
-- work inside utf8.len
return { score = function(message, ctx)
  local s = ("x"):rep(8000000)
  while true do utf8.len(s) end
end }
