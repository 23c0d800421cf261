-- expect: invalid
-- a table in itself
return { score = function(message, ctx)
  local t = {}
  t.t = t
  return t
end }
