-- chat_models.lua: which models a chat could talk to: for whoever has chosen none.

local M = {}

local SHOWN <const> = 8
-- Somebody waits at the prompt.
local PATIENCE <const> = { retries = 0, connect_timeout = 1, stall_timeout = 3 }

local NOBODY <const> = "no model answers here: start Ollama (https://ollama.com), or set OPENAI_API_KEY, "
  .. "ANTHROPIC_API_KEY, or OPENAI_BASE_URL for any server with that API; kalito doctor says more. What you write is "
  .. "kept, and kalito chat --no-model is a notebook that answers from memory."

---The models there are, in a line or two for people. Their servers are asked.
---@return string
function M.offer()
  local called, list = pcall(require("kalito.model.provider").models, nil, nil, PATIENCE)
  if not called and tostring(list):find "interrupted" then error(list, 0) end
  local names = {}
  for _, row in ipairs(called and list or {}) do names[#names + 1] = row.provider .. ":" .. row.name end
  if #names == 0 then return NOBODY end
  local shown = table.concat(names, ", ", 1, math.min(SHOWN, #names))
  local more = #names > SHOWN and (" and %d more"):format(#names - SHOWN) or ""
  return ("/model NAME chooses one: %s%s"):format(shown, more)
end

return M
