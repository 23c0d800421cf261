-- expect: policy|limit
-- the C stack by tostring
return { score = function(message, ctx)
  local t = setmetatable({}, { __tostring = function(t) return tostring(t) end })
  return tostring(t)
end }
