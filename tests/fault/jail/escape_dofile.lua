-- expect: policy
-- files as code
return { score = function(message, ctx)
  dofile("/tmp/kalito-escape-dofile")
end }
