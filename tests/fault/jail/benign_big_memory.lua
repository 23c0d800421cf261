-- expect: ok
-- result: { 4100000 }
-- ten megabytes
return { score = function(message, ctx)
  local t = {}
  for i = 1, 100000 do t[i] = i end
  return #t + #("x"):rep(4000000)
end }
