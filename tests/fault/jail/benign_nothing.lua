-- expect: ok
-- result: { nil }
-- nil is an answer
return { score = function(message, ctx)
  return nil
end }
