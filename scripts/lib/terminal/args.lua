-- args.lua: command lines. A command says which options and arguments it takes; reading them and checking their types
-- follows from that, and the text of --help: usage.lua.

local kalito = package.loaded.kalito

local M = {}

---@class kalito.Option
---@field [1] string name, without the two dashes
---@field [2] string? what its value is called in the usage; absent: a flag
---@field [3] string what it does
---@field type? "string"|"integer"|"number" of the value, default string
---@field min? number
---@field max? number
---@field many? boolean may be given several times: a list

---@class kalito.Argument
---@field [1] string name
---@field [2] string what it is
---@field optional? boolean
---@field rest? boolean takes all that is left: a list

M.short = { ["-h"] = "help", ["-e"] = "eval", ["-V"] = "version" }

local function usage(message)
  return nil, message, "usage"
end

local function find(options, name)
  local names = {}
  for _, option in ipairs(options) do
    if option[1] == name then return option end
    names[#names + 1] = option[1]
  end
  return nil, kalito.nearest(name, names)
end

local function number_of(option, text)
  local value = text:find "^[-+]?[%d.][%d.eE+-]*$" and tonumber(text)
  local wanted = option.type == "integer" and "a whole number" or "a number"
  if value and option.type == "integer" then value = math.tointeger(value) end
  if not value then return usage(("--%s must be %s, not '%s'"):format(option[1], wanted, text)) end
  if option.min and value < option.min or option.max and value > option.max then
    local limit = option.max and ("between %s and %s"):format(option.min, option.max) or "at least " .. option.min
    return usage(("--%s must be %s, not %s"):format(option[1], limit, text))
  end
  return value
end

local function set(values, option, value)
  if option.type and option.type ~= "string" then
    local message, code
    value, message, code = number_of(option, value)
    if not value then return nil, message, code end
  end
  local key = option[1]:gsub("%-", "_")
  if option.many then
    values[key] = values[key] or {}
    table.insert(values[key], value)
  else
    values[key] = value
  end
  return true
end

-- Reads "--name", "--name value" or "--name=value" at argv[i]. Returns the index after it.
local function read_option(values, options, argv, i)
  local name, given = argv[i]:match "^%-%-([%w-]+)=(.*)$"
  name = name or argv[i]:match "^%-%-([%w-]+)$" or M.short[argv[i]]
  if not name then return usage("unknown option " .. argv[i]) end
  local option, near = find(options, name)
  if not option then
    return usage("unknown option --" .. name .. (near and " (did you mean --" .. near .. "?)" or ""))
  end
  if not option[2] then
    if given then return usage("--" .. name .. " takes no value") end
    values[name:gsub("%-", "_")] = true
    return i + 1
  end
  local value = given or argv[i + 1]
  if not value then return usage("--" .. name .. " needs a value: " .. option[2]) end
  local ok, message, code = set(values, option, value)
  if not ok then return nil, message, code end
  return given and i + 1 or i + 2
end

local function take_arguments(values, arguments, list)
  local n = 0
  for _, argument in ipairs(arguments) do
    if argument.rest then
      values[argument[1]] = table.move(list, n + 1, #list, 1, {})
      if not argument.optional and n == #list then return usage(argument[1]:upper() .. " is missing") end
      return values
    end
    n = n + 1
    values[argument[1]] = list[n]
    if not list[n] and not argument.optional then return usage(argument[1]:upper() .. " is missing") end
  end
  if #list > n then return usage("one argument too many: '" .. list[n + 1] .. "'") end
  return values
end

M.help = { "help", nil, "show this text" }

---Reads a command line.
---@param spec { options?: kalito.Option[], arguments?: kalito.Argument[] }
---@param argv string[]
---@param stop? boolean end at the first argument: what follows belongs to it
---@return table? values, string? message, string? code keys are the names of options ("-" becomes "_") and of
---arguments; with `stop` also `next`, the index of the first argument
function M.parse(spec, argv, stop)
  local values, list, options = {}, {}, { M.help, table.unpack(spec.options or {}) }
  local i = 1
  while i <= #argv do
    local word = argv[i]
    if word == "--" and stop then
      values.next = i + 1
      return values
    elseif word == "--" then
      table.move(argv, i + 1, #argv, #list + 1, list)
      break
    elseif word:sub(1, 1) == "-" and word ~= "-" and not word:find "^%-%d" then
      local after, message, code = read_option(values, options, argv, i)
      if not after then return nil, message, code end
      i = after
    elseif stop then
      values.next = i
      return values
    else
      list[#list + 1] = word
      i = i + 1
    end
  end
  if values.help then return values end
  return take_arguments(values, spec.arguments or {}, list)
end

return M
