-- dialogue.lua: the messages of a context as models want them: one system prompt at the front, then turns of user and
-- assistant that alternate and begin with the user. The templates of many local models refuse everything else, and a
-- question that got no answer would make every later one fail. Pure: providers use it, also in the jail.

local M = {}

-- The user's part when a context begins with an answer.
local OPENING <const> = "(The conversation goes on.)"

-- What one says next.
local function say(list, role, content)
  if #list == 0 and role == "assistant" then list[1] = { role = "user", content = OPENING } end
  local last = list[#list]
  if last and last.role == role then
    last.content = last.content .. "\n\n" .. content
  else
    list[#list + 1] = { role = role, content = content }
  end
end

---What the system says before the first turn; later it becomes part of the user's turn, as what tools say does.
---Neighbours of one role become one.
---@param messages { role: string, content: string }[]
---@return string? system, { role: "user"|"assistant", content: string }[] turns
function M.turns(messages)
  local system, list = {}, {}
  for _, message in ipairs(messages) do
    local said = message.content:find "%S" -- servers refuse a turn in which nothing is said
    if said and message.role == "system" and #list == 0 then
      system[#system + 1] = message.content
    elseif said then
      say(list, message.role == "assistant" and "assistant" or "user", message.content)
    end
  end
  return #system > 0 and table.concat(system, "\n\n") or nil, list
end

---The same as one list.
---@param messages { role: string, content: string }[]
---@return { role: string, content: string }[]
function M.list(messages)
  local system, list = M.turns(messages)
  if system then table.insert(list, 1, { role = "system", content = system }) end
  return list
end

return M
