-- expect: policy
-- the clipboard
return { score = function(message, ctx)
  error("\27]52;c;ZXZpbA==\7")
end }
