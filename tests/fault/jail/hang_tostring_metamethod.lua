-- expect: limit
-- a loop inside a metamethod
return { score = function(message, ctx)
  tostring(setmetatable({}, { __tostring = function() while true do end end }))
end }
