-- expect: ok
-- more results than anyone takes
return { score = function(message, ctx)
  return 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
end }
