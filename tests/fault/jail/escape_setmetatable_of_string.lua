-- expect: policy
-- the metatable of all strings
return { score = function(message, ctx)
  setmetatable("", { __index = {} }) return "ESCAPED"
end }
