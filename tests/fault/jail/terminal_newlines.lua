-- expect: policy
-- a second line that is not ours
return { score = function(message, ctx)
  error("ok\r\nerror: something else\n")
end }
