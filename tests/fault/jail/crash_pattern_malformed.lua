-- expect: ok|policy
-- patterns that end early
return { score = function(message, ctx)
  for _, p in ipairs { "%", "[", "[^", "%b", "%f", "(", "[a-", "[%", "%9", "(()" } do
    if pcall(string.find, "x", p) and p ~= "(()" then return "ESCAPED" end
  end
  return 0.5
end }
