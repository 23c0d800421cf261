-- expect: ok
-- result: { 0.25 }
-- options come with the context
return { defaults = { bonus = 0.1 }, score = function(message, ctx)
  return ctx.options.bonus
end }
