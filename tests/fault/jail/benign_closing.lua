-- expect: ok
-- result: { { "open", "closed" } }
-- variables that close
return { score = function(message, ctx)
  local log = {}
  do
    local x <close> = setmetatable({}, { __close = function() log[#log + 1] = "closed" end })
    log[#log + 1] = x and "open"
  end
  return log
end }
