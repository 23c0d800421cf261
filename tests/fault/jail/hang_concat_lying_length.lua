-- expect: limit|policy
-- table.concat believes __len
return { score = function(message, ctx)
  return table.concat(setmetatable({}, { __len = function() return 1e15 // 1 | 0 end, __index = function() return "" end }))
end }
