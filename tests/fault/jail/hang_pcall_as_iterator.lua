-- expect: limit
-- a loop whose iterator is pcall
return { score = function(message, ctx)
  for _ in pcall, error do end
end }
