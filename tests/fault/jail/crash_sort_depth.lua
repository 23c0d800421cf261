-- expect: policy|limit
-- the C stack by sort
return { score = function(message, ctx)
  local function f() table.sort({ 3, 2, 1 }, function() f() return false end) end
  f()
end }
