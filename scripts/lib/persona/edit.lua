-- edit.lua: a persona as a text that people edit: a line for each field, then the prompt. Writes it to a
-- private file, runs the editor, and reads back what has changed.

local kalito = package.loaded.kalito

local M = {}

local MARK <const> = "--- prompt: everything below this line ---"
local NUMBERS <const> = { temperature = "number", topP = "number", maxTokens = "integer", repeatPenalty = "number" }
local FIELDS <const> = { "name", "description", "icon", "category", "default_model", "suggested_models", "temperature",
  "topP", "maxTokens", "repeatPenalty", "stopSequences" }
local HEAD <const> = [[
# The persona %s. A field that is left empty has no value; a text of several lines is written as JSON.
# temperature 0 to 2, topP 0 to 1, maxTokens and repeatPenalty above 0; suggested_models and stopSequences are lists,
# as JSON. Nothing is changed when this file is left as it is, or the editor fails.
]]

-- ---- to text ----

local function value_text(value)
  if value == nil then return "" end
  if math.type(value) == "float" then
    local short = ("%.14g"):format(value)
    return tonumber(short) == value and short or ("%.17g"):format(value)
  end
  local text = tostring(value)
  local plain = not text:find "[%c]" and not text:find '^["%s]' and not text:find "%s$"
  return plain and text or kalito.json.encode(text)
end

---@param row kalito.Persona
---@return string
function M.text(row)
  local lines = { (HEAD:format((row.name:gsub("%c", " ")))) }
  for _, name in ipairs(FIELDS) do lines[#lines + 1] = ("%s: %s"):format(name, value_text(row[name])):gsub(" $", "") end
  lines[#lines + 1] = MARK
  return table.concat(lines, "\n") .. "\n" .. row.prompt .. (row.prompt:find "[^\n]$" and "\n" or "")
end

-- ---- from text ----

local function value_of(name, text)
  if text == "" then return kalito.json.null end
  if NUMBERS[name] then
    local number = text:find "^[-+%d.]" and tonumber(text)
    if number and NUMBERS[name] == "integer" then number = math.tointeger(number) end
    if number then return number end
    return nil, ("%s must be %s, not '%s'"):format(name, NUMBERS[name] == "integer" and "a whole number" or "a number",
      text:sub(1, 40))
  end
  if text:sub(1, 1) ~= '"' then return text end
  local value, message = kalito.json.decode(text)
  if type(value) ~= "string" then return nil, ("%s is no JSON text: %s"):format(name, message or "") end
  return value
end

local function read_field(line, row, lines, number)
  local name, text = line:match "^%s*([%w_]+)%s*:%s*(.-)%s*$"
  if not name then return nil, "is neither 'field: value' nor a comment" end
  local known = false
  for _, field in ipairs(FIELDS) do known = known or field == name end
  if not known then
    local near = kalito.nearest(name, FIELDS)
    return nil, ("%s is no field"):format(name) .. (near and (" (did you mean %s?)"):format(near) or "")
  end
  if lines[name] then return nil, ("%s stands in line %d already"):format(name, lines[name]) end
  local value, message = value_of(name, text)
  if value == nil then return nil, message end
  row[name], lines[name] = value, number
  return true
end

---Reads an edited text.
---@param text string
---@return kalito.Persona? row, table|string lines the number of each field's line; or the message
function M.read(text)
  text = text:gsub("\r\n", "\n")
  local row, lines, number, from = {}, {}, 0, 1
  while true do
    local line, after = text:match("^([^\n]*)\n?()", from)
    if from > #text then return nil, "the line '" .. MARK .. "' is missing" end
    number, from = number + 1, after
    if line == MARK then break end
    if line:find "%S" and not line:find "^%s*#" then
      local ok, message = read_field(line, row, lines, number)
      if not ok then return nil, ("line %d: %s"):format(number, message) end
    end
  end
  row.prompt, lines.prompt = text:sub(from):gsub("\n+$", ""), number + 1
  return row, lines
end

-- ---- the editor ----

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local function run_editor(path)
  local editor
  for _, name in ipairs { "VISUAL", "EDITOR" } do
    local value = os.getenv(name)
    if not editor and value and value:find "%S" then editor = value end
  end
  io.stdout:flush()
  local ok, how, status = os.execute((editor or "vi") .. " " .. quote(path))
  if ok then return true end
  local what = how == "exit" and "ended with status " or "was ended by signal "
  return nil, "the editor " .. what .. status .. ": nothing was changed", "io"
end

local function write(path, text)
  local file, message = io.open(path, "wb")
  if not file then return nil, message, "io" end
  local ok, problem = file:write(text)
  local closed, trouble = file:close()
  if ok and closed then return true end
  return nil, path .. ": " .. tostring(problem or trouble), "io"
end

-- What the text says differently from the row.
local function changes(row, edited)
  local changed = { id = row.id }
  for name, value in pairs(edited) do
    local old = row[name]
    if name == "prompt" then old = old:gsub("\r\n", "\n"):gsub("\n+$", "") end
    if value ~= old and not (value == kalito.json.null and (old == nil or old == "")) then changed[name] = value end
  end
  return changed
end

-- The core refuses bad values by raising: its message names the field, and so the line.
local function store(db, changed, lines)
  local fine, ok, message, code = pcall(db.persona.set, changed)
  if fine then return ok, message, code end
  local field, problem = tostring(ok):match "persona%.([%w_]+)( .*)$"
  if not field then error(ok, 0) end
  return nil, ("line %d: %s%s"):format(lines[field] or 0, field, problem), "misuse"
end

local function apply(db, row, text)
  local edited, lines = M.read(text)
  if not edited then return nil, lines, "misuse" end
  local changed = changes(row, edited)
  if next(changed, next(changed)) == nil then return row, "nothing was changed" end
  local ok, message, code = store(db, changed, lines)
  if not ok then return nil, message, code end
  return db.persona.get(row.id)
end

---Lets the user edit a persona.
---@param db kalito.Store
---@param row kalito.Persona
---@return kalito.Persona? row, string? message with a row: that nothing was changed, string? code
function M.edit(db, row)
  local path = os.tmpname() -- made with mode 0600
  local text = M.text(row)
  local ok, message, code = write(path, text)
  if ok then ok, message, code = run_editor(path) end
  local edited
  if ok then edited, message, code = kalito.script.read(path) end
  if not edited or edited == text then
    os.remove(path)
    if edited then return row, "nothing was changed" end
    return nil, message, code
  end
  ok, message, code = apply(db, row, edited)
  if ok then
    os.remove(path)
    return ok, message
  end
  return nil, message .. "\nNothing was changed; your text is in " .. path, code
end

return M
