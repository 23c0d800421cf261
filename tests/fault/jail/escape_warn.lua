-- expect: policy
-- descriptor 2
return { score = function(message, ctx)
  warn("@on") warn("ESCAPED")
end }
