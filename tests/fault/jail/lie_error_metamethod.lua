-- expect: policy
-- an error that computes its text
return { score = function(message, ctx)
  error(setmetatable({}, { __tostring = function() while true do end end, __name = "x" }))
end }
