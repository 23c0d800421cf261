-- expect: policy
-- coroutines have counters of their own
return { score = function(message, ctx)
  return coroutine.wrap(function() return "ESCAPED" end)()
end }
