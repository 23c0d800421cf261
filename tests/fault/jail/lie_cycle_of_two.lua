-- expect: invalid
-- two tables in each other
return { score = function(message, ctx)
  local a, b = {}, {}
  a.b, b.a = b, a
  return a
end }
