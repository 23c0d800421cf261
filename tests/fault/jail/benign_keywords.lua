-- expect: ok
-- result: { true }
-- words found
return { score = function(message, ctx)
  local s = 0.5
  for _, word in ipairs { "park", "car", "where" } do
    if message.text:lower():find(word, 1, true) then s = s + 0.1 end
  end
  return s > 0.79 and s < 0.81
end }
