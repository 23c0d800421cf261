-- expect: ok
-- result: { 0.7, { "question", weight = { role = "user", n = 3 } } }
-- a nested reply
return { score = function(message, ctx)
  return 0.7, { "question", weight = { role = message.role, n = 3 } }
end }
