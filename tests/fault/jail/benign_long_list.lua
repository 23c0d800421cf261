-- expect: ok
-- result: (function() local t = {} for i = 1, 100 do t[i] = { i, { { "a", 1 }, { "b", 2 }, { "c", "x" } } } end return { t } end)()
-- a hundred rows with their reasons come back, as from a rule of recall
return { score = function(message, ctx)
  local rows = {}
  for i = 1, 100 do rows[i] = { i, { { "a", 1 }, { "b", 2 }, { "c", "x" } } } end
  return rows
end }
