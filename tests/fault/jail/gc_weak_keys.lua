-- expect: ok
-- ephemerons by the thousand
return { score = function(message, ctx)
  local weak = setmetatable({}, { __mode = "k" })
  for i = 1, 50000 do local k = {} weak[k] = { k, i } end
  return 0.5
end }
