-- expect: limit|policy
-- leaving replaces the error of the limit
return { score = function(message, ctx)
  local meta = {}
  meta.__close = function() error("replaced") end
  while true do
    pcall(function()
      local x <close> = setmetatable({}, meta)
      while true do end
    end)
  end
end }
