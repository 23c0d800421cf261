-- expect: limit
-- a list without end
return { score = function(message, ctx)
  for _ in ipairs(setmetatable({}, { __index = function() return 1 end })) do end
end }
