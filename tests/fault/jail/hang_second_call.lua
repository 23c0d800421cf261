-- expect: ok|limit
-- good manners once, then a loop
local calls = 0
return { score = function()
  calls = calls + 1
  while calls > 1 do end
  return 0.5
end }
