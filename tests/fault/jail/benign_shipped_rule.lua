-- expect: ok
-- result: { true }
-- building on the shipped rule
local shipped = kalito.script.builtin("policies/score")
return { score = function(message, ctx)
  local score = shipped.score(message, { now = ctx.now, options = shipped.defaults })
  return type(score) == "number" and score >= 0 and score <= 1
end }
