-- expect: load
-- the loop runs while the file is loaded
while true do end
