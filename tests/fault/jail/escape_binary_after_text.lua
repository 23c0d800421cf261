-- expect: load
-- generate: this file returns the source
-- bytecode behind a first line
return "#!\n" .. string.dump(function() return {} end)
