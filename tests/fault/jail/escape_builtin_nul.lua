-- expect: policy|ok
-- a name with a zero byte
return { score = function(message, ctx)
  local s = kalito.script.builtin("policies/score\0/../x")
  return s.score and 0.5 or "ESCAPED"
end }
