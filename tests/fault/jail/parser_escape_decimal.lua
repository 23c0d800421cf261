-- expect: load
-- generate: this file returns the source
-- a broken escape
return "return '\\u{" .. ("f"):rep(60000) .. "}'"
