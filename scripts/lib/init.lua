-- init.lua: completes the table `kalito` with the layer written in Lua. Each part is loaded when it is first
-- used, so that a program that needs none of them starts as if they were not there.

local kalito = package.loaded.kalito

local parts = { script = true, policy = true, config = true }

setmetatable(kalito, {
  __index = function(_, key)
    if parts[key] then
      local part = require("kalito." .. key)
      rawset(kalito, key, part)
      return part
    end
    return nil
  end,
})

---A conversation: a session whose messages are scored, and whose contexts are planned, by the policies.
---@param db kalito.Store
---@param session string id of the session
---@return kalito.Conversation
function kalito.conversation(db, session)
  return require("kalito.conversation").new(db, session)
end

return kalito
