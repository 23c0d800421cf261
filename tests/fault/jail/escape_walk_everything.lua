-- expect: ok
-- anything forbidden that is reachable from the environment
local forbidden = {}
for name in ("load loadstring loadfile dofile require module collectgarbage coroutine xpcall io os debug package " ..
  "print warn dump random randomseed getfenv setfenv newproxy syscall"):gmatch("%w+") do
  forbidden[name] = true
end
local function walk(value, seen)
  if type(value) ~= "table" or seen[value] then return nil end
  seen[value] = true
  local meta = getmetatable(value)
  for k, v in next, value do
    if forbidden[k] then return k end
    local found = walk(v, seen) or walk(k, seen)
    if found then return found end
  end
  return walk(meta, seen)
end
return { score = function()
  local found = walk(_ENV, {})
  return found and "ESCAPED" or 0.5, found
end }
