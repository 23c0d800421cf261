-- expect: ok|policy|limit
-- formats of string.pack
return { score = function(message, ctx)
  for _, f in ipairs { "!17i", "i17", "s16", ("i16"):rep(1000), "c" .. (1 << 62), "!16Xi16", "z", "Xz", "x", "j" } do
    pcall(string.pack, f, 1, 2, 3)
    pcall(string.unpack, f, ("x"):rep(100), 90)
    pcall(string.packsize, f)
  end
  return 0.5
end }
