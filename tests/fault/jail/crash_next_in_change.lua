-- expect: ok|policy|limit
-- a table changed while it is walked
return { score = function(message, ctx)
  local t = {}
  for i = 1, 1000 do t["k" .. i] = i end
  for k in pairs(t) do
    t[k] = nil
    pcall(function() t["n" .. k] = 1 end)
  end
  return 0.5
end }
