-- expect: ok
-- the metatable of strings, to change its __index
return { score = function(message, ctx)
  return getmetatable("") and "ESCAPED" or 0.5
end }
