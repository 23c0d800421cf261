-- expect: limit|policy
-- table.remove believes __len
return { score = function(message, ctx)
  table.remove(setmetatable({}, { __len = function() return 1e15 // 1 | 0 end }), 1)
end }
