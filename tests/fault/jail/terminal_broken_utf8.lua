-- expect: policy
-- bytes that are no characters
return { score = function(message, ctx)
  error("\xff\xfe \xc0\x80 \xed\xa0\x80 \xf4\x90\x80\x80")
end }
