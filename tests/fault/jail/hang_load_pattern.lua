-- expect: load
-- one call in C while the file is loaded
local s = ("a"):rep(40)
return { score = s:find(("a?"):rep(40) .. s) }
