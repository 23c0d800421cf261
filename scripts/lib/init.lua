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

-- Words that the settings name are neither stored nor sent, whichever code opens the database.
local open = kalito.open
function kalito.open(path, options)
  local words, message, code = require("kalito.config").words()
  if not words then return nil, message, code end
  if #words == 0 or options and options.redact_words then return open(path, options) end
  local own = { redact_words = words }
  for key, value in pairs(options or {}) do own[key] = value end
  return open(path, own)
end

---A conversation: a session whose messages are scored, and whose contexts are planned, by the policies.
---@param db kalito.Store
---@param session string id of the session
---@return kalito.Conversation
function kalito.conversation(db, session)
  return require("kalito.conversation").new(db, session)
end

---Compares two scoring rules over a session; see meta/kalito.lua.
---@param options kalito.TryOptions
function kalito.try(options)
  return require("kalito.study").try(options)
end

---Explains one item of a context; see meta/kalito.lua.
---@param context kalito.Context
---@param id string|integer
function kalito.explain(context, id)
  return require("kalito.study").explain(context, id)
end

---Reads the settings and loads the policies in use anew.
---@return boolean fine all of them were loaded
function kalito.reload()
  return require("kalito.policy").reload()
end

return kalito
