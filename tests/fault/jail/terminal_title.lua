-- expect: policy
-- the window's title
return { score = function(message, ctx)
  error("\27]0;owned\7")
end }
