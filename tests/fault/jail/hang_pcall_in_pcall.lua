-- expect: limit|policy
-- catching at every depth
return { score = function(message, ctx)
  local function f() while true do pcall(f) end end
  f()
end }
