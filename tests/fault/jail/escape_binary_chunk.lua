-- expect: load
-- generate: this file returns the source
-- bytecode as a policy file
return "\27Lua" .. string.dump(function() return {} end):sub(5)
