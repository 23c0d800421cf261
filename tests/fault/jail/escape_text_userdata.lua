-- expect: ok|policy
-- the metatable behind kalito.text
return { score = function(message, ctx)
  for _, v in pairs(kalito.text) do
    if type(v) == "userdata" and getmetatable(v) then return "ESCAPED" end
  end
  return 0.5
end }
