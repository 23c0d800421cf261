-- expect: ok|policy
-- errors while errors are handled
return { score = function(message, ctx)
  local meta = { __close = function() error(setmetatable({}, { __close = 1 })) end }
  for _ = 1, 1000 do
    pcall(function()
      local a <close> = setmetatable({}, meta)
      local b <close> = setmetatable({}, meta)
      error("x")
    end)
  end
  return 0.5
end }
