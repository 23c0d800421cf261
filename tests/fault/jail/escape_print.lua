-- expect: policy
-- descriptor 1 carries frames
return { score = function(message, ctx)
  print("ESCAPED")
end }
