-- expect: policy|limit
-- arguments without end
return { score = function(message, ctx)
  local function f(...) return f(1, ...) end
  return f()
end }
