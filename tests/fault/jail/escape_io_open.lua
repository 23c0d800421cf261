-- expect: policy
-- files
return { score = function(message, ctx)
  io.open("/tmp/kalito-escape-io", "w"):write("x")
end }
