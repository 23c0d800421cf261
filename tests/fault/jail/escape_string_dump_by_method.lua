-- expect: policy
-- bytecode, by way of the metatable of strings
return { score = function(message, ctx)
  return (""):dump() and "ESCAPED"
end }
