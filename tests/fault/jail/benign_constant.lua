-- expect: ok
-- result: { 0.5 }
-- a constant
return { score = function(message, ctx)
  return 0.5
end }
