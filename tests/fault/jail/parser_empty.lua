-- expect: load
-- generate: this file returns the source
-- nothing
return ""
