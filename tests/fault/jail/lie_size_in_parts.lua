-- expect: invalid
-- more than a reply by several results
return { score = function(message, ctx)
  return ("x"):rep(900000), ("y"):rep(900000)
end }
