-- expect: ok
-- result: { 7, 1, "gr\u{FC}n" }
-- characters of several bytes
return { score = function(message, ctx)
  local n = 0
  for _ in utf8.codes("gr\u{FC}\u{DF}e \u{1F600}") do n = n + 1 end
  return n, utf8.len("\u{20AC}"), "gr\u{FC}n"
end }
