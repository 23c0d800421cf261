-- expect: ok|policy
-- two hundred thousand results
return { score = function(message, ctx)
  return table.unpack({}, 1, 200000)
end }
