-- expect: ok|policy
-- formats of string.format
return { score = function(message, ctx)
  for _, f in ipairs { "%", "%99999d", "%.999f", "%!", "%q", "%c%c", "%s", "%a", "%i", "%-+ #0d", "%p" } do
    pcall(string.format, f, 1e308, 1, 1)
    pcall(string.format, f)
    pcall(string.format, f, setmetatable({}, { __tostring = function() return 1 end }))
  end
  return 0.5
end }
