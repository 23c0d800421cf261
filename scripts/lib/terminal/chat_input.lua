-- chat_input.lua: what is typed at the prompt of a chat: lines, several of them where a backslash ends one or """ opens
-- a block, and the tab key for the words that begin with a slash.

local kalito = package.loaded.kalito

local M = {}

---@class kalito.ChatInput
---@field lines string[] what the arrow keys go through; kept in memory alone
---@field complete fun(before: string): string?, integer?, string?

-- The tab key: words that begin so.
local function completer(words)
  return function(before)
    local typed = before:match "^/(%a*)$"
    if not typed then return nil end
    local fits = {}
    for _, word in ipairs(words) do
      if word:sub(1, #typed) == typed then fits[#fits + 1] = word end
    end
    if #fits == 1 then return fits[1]:sub(#typed + 1) .. " " end
    return nil, nil, #fits > 1 and "/" .. table.concat(fits, "  /") or nil
  end
end

---@param words string[] commands, without the slash
---@return kalito.ChatInput
function M.new(words)
  return { lines = {}, complete = completer(words) }
end

local function read_line(input, prompt)
  return kalito.term.readline(prompt, input.complete, true)
end

-- The rest of a text that a backslash carries on to the next line.
local function carried_on(input, text)
  while text:find "\\$" do
    local line, why = read_line(input, "... ")
    if not line then return nil, why end
    text = text:sub(1, -2) .. "\n" .. line
  end
  return text
end

-- The lines up to one that ends with """.
local function block(input, text)
  text = text:sub(4)
  while not text:find '"""%s*$' do
    local line, why = read_line(input, '""" ')
    if not line then return nil, why end
    text = text .. "\n" .. line
  end
  return (text:gsub('"""%s*$', ""):gsub("^\n", ""):gsub("\n$", ""))
end

---What the user types next.
---@param input kalito.ChatInput
---@param prompt string
---@return string? text nil at the end of the input
---@return "interrupted"? interrupted at Ctrl-C
function M.read(input, prompt)
  local text, why = read_line(input, prompt)
  if not text then return nil, why end
  text = text:gsub("\n+$", "") -- of what was pasted
  if text:find '^"""' then text, why = block(input, text) else text, why = carried_on(input, text) end
  if text and text:find "%S" and not text:find "\n" and not text:find "^%s" then
    input.lines[#input.lines + 1] = text
    kalito.term.history(input.lines)
  end
  return text, why
end

return M
