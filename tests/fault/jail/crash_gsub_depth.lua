-- expect: policy|limit
-- the C stack by gsub
return { score = function(message, ctx)
  local function f(s) return (s:gsub(".", f)) end
  return #f("x")
end }
