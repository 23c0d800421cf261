-- expect: limit|policy
-- table.insert believes __len
return { score = function(message, ctx)
  table.insert(setmetatable({}, { __len = function() return 1e15 // 1 | 0 end }), 1, 0)
end }
