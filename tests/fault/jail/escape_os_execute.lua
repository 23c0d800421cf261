-- expect: policy
-- processes
return { score = function(message, ctx)
  os.execute("touch /tmp/kalito-escape-os")
end }
