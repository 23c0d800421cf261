-- expect: invalid
-- infinite, further in
return { score = function(message, ctx)
  return 0.5, { reasons = { -math.huge } }
end }
