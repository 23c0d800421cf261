-- expect: policy|limit
-- the stack of Lua
return { score = function(message, ctx)
  local function f(n) return 1 + f(n + 1) end
  return f(1)
end }
