-- expect: ok|limit|crashed|policy
-- a weak __newindex freed by an emergency collection
return { score = function(message, ctx)
  local meta = setmetatable({}, { __mode = "v" })
  for i = 1, 20000 do
    meta.__newindex = { tostring(i) }
    local t = setmetatable({}, meta)
    pcall(function() t[("k"):rep(1000) .. i] = ("v"):rep(100000) end)
  end
  return 0.5
end }
