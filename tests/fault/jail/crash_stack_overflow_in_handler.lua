-- expect: policy|limit
-- a stack overflow behind the error
return { score = function(message, ctx)
  local function f() return 1 + f() end
  for _ = 1, 20 do pcall(f) end
  error(setmetatable({}, { __tostring = f }))
end }
