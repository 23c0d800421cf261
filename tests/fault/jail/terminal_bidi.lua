-- expect: policy
-- text that runs backwards
return { score = function(message, ctx)
  error("\u{202e}cod.exe\u{2066}")
end }
