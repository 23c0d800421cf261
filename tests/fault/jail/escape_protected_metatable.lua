-- expect: policy
-- a protected metatable
return { score = function(message, ctx)
  local t = setmetatable({}, { __metatable = false })
  setmetatable(t, {})
  return "ESCAPED"
end }
