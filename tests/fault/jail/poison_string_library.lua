-- expect: ok
-- the string functions of whoever comes next
string.format = function() return "poison" end
string.find, string.sub, string.rep = nil, nil, nil
return { score = function() return 0.5 end }
