-- expect: limit|policy
-- the same with metamethods
return { score = function(message, ctx)
  local t = setmetatable({}, { __index = function() return 1 end, __newindex = function() end })
  table.move(t, 1, 1e15 // 1 | 0, 2)
end }
