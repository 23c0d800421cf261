-- expect: ok|policy
-- indices at the ends of the range
return { score = function(message, ctx)
  local huge, tiny = math.maxinteger, math.mininteger
  local s = "abc"
  s:sub(tiny, huge)
  s:sub(huge, tiny)
  s:byte(tiny, huge)
  s:find("b", tiny)
  s:find("b", huge)
  pcall(string.rep, s, tiny)
  pcall(string.char, huge)
  pcall(utf8.codepoint, s, tiny, huge)
  pcall(utf8.offset, s, huge, tiny)
  pcall(utf8.len, s, tiny, huge)
  return 0.5
end }
