-- expect: ok|policy|limit
-- the C stack by pcall
return { score = function(message, ctx)
  local function f() return pcall(f) end
  return f() and 0.5
end }
