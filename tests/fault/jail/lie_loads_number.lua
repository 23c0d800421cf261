-- expect: load
-- a file that is no policy
return 1
