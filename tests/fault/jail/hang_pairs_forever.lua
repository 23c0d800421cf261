-- expect: limit
-- an own iterator without end
return { score = function(message, ctx)
  for _ in pairs(setmetatable({}, { __pairs = function() return function() return 1 end end })) do end
end }
