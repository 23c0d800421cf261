-- expect: limit|policy
-- a sort of two thousand million equal elements in C
return { score = function(message, ctx)
  table.sort(setmetatable({}, { __len = function() return (1 << 31) - 2 end, __index = function() return 1 end, __newindex = function() end }), rawequal)
end }
