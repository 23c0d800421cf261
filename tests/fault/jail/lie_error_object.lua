-- expect: policy
-- an error that is a table
return { score = function(message, ctx)
  error({ code = "crashed" })
end }
