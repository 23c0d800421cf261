-- expect: limit
-- a string doubled
return { score = function(message, ctx)
  local s = "x"
  while true do s = s .. s end
end }
