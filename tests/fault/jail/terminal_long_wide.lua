-- expect: policy
-- cutting inside a character
return { score = function(message, ctx)
  error(("\u{1F600}"):rep(100000))
end }
