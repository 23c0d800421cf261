-- usage.lua: the text of --help, from what a command says of its options and arguments, as wide as the terminal.

local kalito = package.loaded.kalito
local args = require "kalito.terminal.args"
local layout = require "kalito.terminal.layout"

local M = {}

local WIDEST <const> = 100 -- longer lines are hard to read

local function argument_words(spec)
  local words = {}
  for _, argument in ipairs(spec.arguments or {}) do
    local word = argument[1]:upper() .. (argument.rest and "..." or "")
    words[#words + 1] = argument.optional and "[" .. word .. "]" or word
  end
  return table.concat(words, " ")
end

-- Lines that begin at the margin flow together. What is indented, or begins with a name and two blanks, keeps its
-- place, and what does not fit goes on below where its text began.
local function flow(text, room)
  local out, lead, words, whole = {}, nil, nil, nil
  local function finish()
    if lead and #whole <= room and not whole:find "\n" then out[#out + 1] = whole
    elseif lead then out[#out + 1] = lead .. layout.wrap(words, room - #lead, (" "):rep(#lead)) end
    lead = nil
  end
  for line in (text .. "\n"):gmatch "(.-)\n" do
    local begins = line:match "^%s*%S.-%s%s+%f[%S]" or line:match "^%s*"
    if line == "" then
      finish()
      out[#out + 1] = ""
    elseif lead and begins:find "^%s*$" and #begins == #lead and (lead == "" or lead:find "%S") then
      words, whole = words .. " " .. line:sub(#begins + 1), whole .. "\n" .. line
    else
      finish()
      lead, words, whole = begins, line:sub(#begins + 1), line
    end
  end
  finish()
  return table.concat(out, "\n")
end

local function put(out, heading, rows, room)
  if #rows == 0 then return end
  out[#out + 1] = "\n" .. heading .. ":"
  table.move(layout.glossary(rows, room), 1, #rows, #out + 1, out)
end

local function commands_of(spec)
  local rows = {}
  for name, command in pairs(spec.commands or {}) do rows[#rows + 1] = { name, command.summary } end
  table.sort(rows, function(a, b) return a[1] < b[1] end)
  return rows
end

local function arguments_of(spec)
  local rows = {}
  for i, argument in ipairs(spec.arguments or {}) do rows[i] = { argument[1]:upper(), argument[2] } end
  return rows
end

local function options_of(spec)
  local rows = {}
  for i, option in ipairs { args.help, table.unpack(spec.options or {}) } do
    rows[i] = { "--" .. option[1] .. (option[2] and " " .. option[2] or ""), option[3] }
  end
  return rows
end

---The text of `--help`.
---@param name string "kalito session list"
---@param spec table of a command
---@return string
function M.text(name, spec)
  local room = math.min(kalito.system.columns(), WIDEST)
  local words = argument_words(spec)
  local out = { "Usage: " .. name .. (spec.commands and (spec.run and " [COMMAND]" or " COMMAND") or "")
    .. (#(spec.options or {}) > 0 and " [OPTIONS]" or "") .. (words ~= "" and " " .. words or "") .. "\n" }
  out[2] = layout.wrap(spec.summary .. ".", room)
  if spec.details then out[3] = "\n" .. flow(spec.details, room) end
  put(out, "Commands", commands_of(spec), room)
  put(out, "Arguments", arguments_of(spec), room)
  put(out, "Options", options_of(spec), room)
  if spec.footer then out[#out + 1] = "\n" .. layout.wrap(spec.footer, room) end
  if spec.example then out[#out + 1] = "\nExample:\n  " .. spec.example:gsub("\n", "\n  ") end
  return table.concat(out, "\n") .. "\n"
end

return M
