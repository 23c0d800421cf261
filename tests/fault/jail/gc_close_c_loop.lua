-- expect: limit
-- one call in C while leaving after the limit
return { score = function(message, ctx)
  local meta = {}
  meta.__close = function() (("a"):rep(40)):find(("a?"):rep(40) .. ("a"):rep(40)) end
  local x <close> = setmetatable({}, meta)
  while true do end
end }
