-- expect: ok
-- result: { false, 7, false }
-- pcall as always
return { score = function(message, ctx)
  local ok, why = pcall(error, { code = 7 })
  return ok, why.code, (pcall(error))
end }
