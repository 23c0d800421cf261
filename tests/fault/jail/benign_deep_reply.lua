-- expect: ok
-- result: { { { { { { { { 1 } } } } } } } }
-- as deep as allowed
return { score = function(message, ctx)
  return { { { { { { { 1 } } } } } } }
end }
