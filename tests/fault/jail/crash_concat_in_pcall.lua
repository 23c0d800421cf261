-- expect: ok|crashed|policy|invalid
-- the same, caught
return { score = function(message, ctx)
  local function deep(n) if n == 0 then return 0 end return 1 + deep(n - 1) end
  local v = setmetatable({}, { __concat = function(a) deep(180) return a end })
  for i = 1, 200 do pcall(function() return i .. ("x"):rep(i) .. v .. v .. i end) end
  return 0.5
end }
