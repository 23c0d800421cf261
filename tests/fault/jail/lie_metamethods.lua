-- expect: ok
-- metamethods for whoever reads the reply
return { score = function(message, ctx)
  return setmetatable({}, { __index = function() while true do end end, __len = function() return 1e9 // 1 | 0 end,
    __pairs = function() return function() return 1, 1 end end })
end }
