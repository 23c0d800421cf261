-- expect: policy
-- characters that are not seen
return { score = function(message, ctx)
  error("a\u{200b}b\u{e0041}c\u{feff}")
end }
