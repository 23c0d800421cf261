-- expect: ok
-- result: { 1 }
-- globals of one's own file
counter = (counter or 0) + 1
return { score = function() return counter end }
