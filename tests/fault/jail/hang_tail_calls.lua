-- expect: limit
-- calls that need no stack
return { score = function(message, ctx)
  local function f() return f() end
  return f()
end }
