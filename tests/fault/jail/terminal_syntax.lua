-- expect: load
-- generate: this file returns the source
-- escapes in the text of a syntax error
return "return { \27[2J }"
