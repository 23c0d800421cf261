-- expect: ok
-- result: { " 1.50|x|3", "abc-abc", "x;y", 3 }
-- the string library
return { score = function(message, ctx)
  return ("%5.2f|%s|%d"):format(1.5, "x", 3), ("abc"):rep(2, "-"), ("x,y"):gsub(",", ";"), #utf8.char(8364)
end }
