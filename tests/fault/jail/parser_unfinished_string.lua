-- expect: load
-- generate: this file returns the source
-- an end inside a string
return "return [==" .. ("="):rep(60000)
