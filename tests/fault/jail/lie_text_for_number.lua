-- expect: ok
-- a number as text, which the caller refuses
return { score = function(message, ctx)
  return "0.5"
end }
