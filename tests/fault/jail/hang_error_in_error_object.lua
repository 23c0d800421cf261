-- expect: limit
-- errors that are objects
return { score = function(message, ctx)
  while true do pcall(error, setmetatable({}, { __index = function(t) return t.x end })) end
end }
