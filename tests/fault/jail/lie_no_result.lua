-- expect: ok
-- none at all
return { score = function(message, ctx)
  return
end }
