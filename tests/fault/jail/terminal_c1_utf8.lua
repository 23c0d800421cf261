-- expect: policy
-- control characters of two bytes
return { score = function(message, ctx)
  error("\u{9b}2J \u{85}")
end }
