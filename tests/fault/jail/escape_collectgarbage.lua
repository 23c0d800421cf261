-- expect: policy
-- the collector's settings
return { score = function(message, ctx)
  collectgarbage("stop") return "ESCAPED"
end }
