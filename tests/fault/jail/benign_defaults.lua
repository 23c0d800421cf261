-- expect: ok
-- result: { { 0.25, 2, "a" } }
-- options that are given lie over the policy's own, which stay where none is given
return { defaults = { bonus = 0.1, factor = 2, words = { "a", "b" } }, score = function(message, ctx)
  return { ctx.options.bonus, ctx.options.factor, ctx.options.words[1] }
end }
