-- expect: limit
-- to go on after the limit
return { score = function(message, ctx)
  local ok = pcall(string.rep, "x", 1 << 30)
  return ok and "ESCAPED" or 0.5
end }
