-- expect: ok
-- metatables of other types
return { score = function(message, ctx)
  for _, v in ipairs { 1, true, print or type, "" } do
    if getmetatable(v) then return "ESCAPED" end
  end
  return 0.5
end }
