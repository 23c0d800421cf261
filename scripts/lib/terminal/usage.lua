-- usage.lua: the text of --help, from what a command says of its options and arguments.

local args = require "kalito.terminal.args"

local M = {}

local function argument_words(spec)
  local words = {}
  for _, argument in ipairs(spec.arguments or {}) do
    local word = argument[1]:upper() .. (argument.rest and "..." or "")
    words[#words + 1] = argument.optional and "[" .. word .. "]" or word
  end
  return table.concat(words, " ")
end

local function columns(rows, out)
  local width = 0
  for _, row in ipairs(rows) do width = math.max(width, #row[1]) end
  for _, row in ipairs(rows) do out[#out + 1] = ("  %-" .. width .. "s  %s"):format(row[1], row[2]) end
end

---The text of `--help`.
---@param name string "kalito session list"
---@param spec table of a command
---@return string
function M.text(name, spec)
  local out, rows = {}, {}
  local words = argument_words(spec)
  out[1] = "Usage: " .. name .. (spec.commands and (spec.run and " [COMMAND]" or " COMMAND") or "")
    .. (#(spec.options or {}) > 0 and " [OPTIONS]" or "") .. (words ~= "" and " " .. words or "")
  out[2] = ""
  out[3] = spec.summary .. "."
  if spec.details then out[#out + 1] = "\n" .. spec.details end
  if spec.commands then
    local names = {}
    for key in pairs(spec.commands) do names[#names + 1] = key end
    table.sort(names)
    out[#out + 1] = "\nCommands:"
    for _, key in ipairs(names) do rows[#rows + 1] = { key, spec.commands[key].summary } end
    columns(rows, out)
  end
  rows = {}
  for _, argument in ipairs(spec.arguments or {}) do rows[#rows + 1] = { argument[1]:upper(), argument[2] } end
  if #rows > 0 then out[#out + 1] = "\nArguments:" end
  columns(rows, out)
  rows = {}
  for _, option in ipairs { args.help, table.unpack(spec.options or {}) } do
    rows[#rows + 1] = { "--" .. option[1] .. (option[2] and " " .. option[2] or ""), option[3] }
  end
  out[#out + 1] = "\nOptions:"
  columns(rows, out)
  if spec.footer then out[#out + 1] = "\n" .. spec.footer end
  if spec.example then out[#out + 1] = "\nExample:\n  " .. spec.example:gsub("\n", "\n  ") end
  return table.concat(out, "\n") .. "\n"
end

return M
