-- complete.lua: what the tab key offers at the prompt: globals and keywords, fields and methods of values, keys of a
-- table argument, sessions where one is named, names inside help "...". Runs no code of the user: fields are read
-- raw, except those of kalito's own handles.

local kalito = package.loaded.kalito
local docs = require "kalito.terminal.docs"
local layout = require "kalito.terminal.layout"

local M = {}

local keywords = { "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in",
  "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while" }

-- ---- what is there ----

-- A field without running foreign code: kalito and its handles look up their own.
local function field(object, key)
  local kind = type(object)
  if kind == "string" then return string[key] end
  if kind == "userdata" or rawequal(object, kalito) then
    local ok, value = pcall(function() return object[key] end)
    return ok and value or nil
  end
  if kind ~= "table" then return nil end
  local value, meta = rawget(object, key), getmetatable(object)
  if value ~= nil then return value end
  local index = type(meta) == "table" and rawget(meta, "__index")
  return type(index) == "table" and index ~= object and field(index, key) or nil
end

local function add_keys(names, object, depth)
  if depth == 0 or type(object) ~= "table" then return end
  for key in next, object do
    if type(key) == "string" and key:find "^[%a_][%w_]*$" then names[key] = true end
  end
  local meta = getmetatable(object)
  if type(meta) == "table" then add_keys(names, rawget(meta, "__index"), depth - 1) end
end

-- The names behind a dot or a colon. What is loaded only when it is used stands in the manual.
local function fields_of(object)
  local names, known = {}, docs.name_of(object)
  if type(object) == "string" then object = string end
  add_keys(names, object, 4)
  for _, doc in ipairs(known and docs.members(known) or {}) do names[doc.name:match "[%w_]+$"] = true end
  return names
end

-- The value that "a.b.c" stands for.
local function value_of(path)
  local object = _G
  for name in path:gmatch "[%w_]+" do
    object = field(object, name)
    if object == nil then return nil end
  end
  return object
end

-- ---- where the cursor stands ----

-- The kind of string that is open at the end of the text, and where it begins.
local function open_string(text)
  local quote, start, i = nil, nil, 1
  while i <= #text do
    local c = text:sub(i, i)
    if quote and c == "\\" then
      i = i + 1
    elseif quote and c == quote then
      quote = nil
    elseif not quote and (c == '"' or c == "'") then
      quote, start = c, i
    end
    i = i + 1
  end
  return quote and start
end

-- The function whose table argument is open at the end of the text, and what stands behind its last comma.
local function open_call(text)
  local depth = 0
  for i = #text, 1, -1 do
    local c = text:sub(i, i)
    if c:find "[})%]]" then depth = depth + 1 end
    if c:find "[{(%[]" then depth = depth - 1 end
    if depth < 0 then
      if c ~= "{" then return nil end
      return text:sub(1, i - 1):match "([%a_][%w_.:]*)%s*%(?[^(){}]*$", text:sub(i + 1):match "([^,;]*)$"
    end
  end
  return nil
end

-- The entry of a function in the manual, by its path: "db.message.find", or "chat:context" where chat is a value.
local function doc_of(path)
  local object, method = path:match "^(.-):([%w_]+)$"
  local name = object and docs.name_of(value_of(object))
  return docs.book()[name and name .. ":" .. method or path]
end

-- The keys of the table that the function takes.
local function keys_of(path)
  local names, doc = {}, doc_of(path)
  for _, param in ipairs(doc and doc.params or {}) do
    local class = docs.class_of(param[2])
    for _, row in ipairs(class and class.fields or {}) do names[row[1]:gsub("%?$", "")] = true end
    if param[2]:find "^{" then
      for key in param[2]:gmatch "([%w_]+)%??:" do names[key] = true end
    end
  end
  return names
end

-- ---- candidates ----

local function common_prefix(list)
  local prefix = list[1]
  for _, word in ipairs(list) do
    while word:sub(1, #prefix) ~= prefix do prefix = prefix:sub(1, -2) end
  end
  while not utf8.len(prefix) do prefix = prefix:sub(1, -2) end
  return prefix
end

-- Completes `word` to what its candidates have in common, or shows them.
local function offer(names, word, ending)
  local list = {}
  for name in pairs(names) do
    if name:sub(1, #word) == word then list[#list + 1] = name end
  end
  table.sort(list)
  if #list == 0 then return "", 0 end
  local prefix = common_prefix(list)
  if #list == 1 then return prefix:sub(#word + 1) .. (ending or ""), 0 end
  if #prefix > #word then return prefix:sub(#word + 1), 0 end
  return "", 0, layout.columns(list, kalito.system.columns())
end

-- A session by the beginning of its name or id: the id takes its place.
local function offer_sessions(word)
  local found, shown = {}, {}
  local ok = pcall(function()
    for row in _G.db.session.each() do
      local name = row.name or ""
      if row.id:sub(1, #word) == word or name:sub(1, #word) == word then
        found[#found + 1], shown[#shown + 1] = row.id, row.id .. "  " .. layout.safe(name)
      end
      if #found == 40 then break end
    end
  end)
  if not ok or #found == 0 then return "", 0 end
  if #found == 1 then return found[1] .. '"', utf8.len(word) end
  return "", 0, table.concat(shown, "\n")
end

local function in_string(before, word)
  if before:find "help%s*%(?%s*$" then
    local names = {}
    for _, topic in ipairs(require("kalito.terminal.help").topics()) do names[topic] = true end
    return offer(names, word, '"')
  end
  local is_session = before:find "session%s*=%s*$" or before:find "conversation%s*%([^()]*,%s*$"
    or before:find "db%.session%.%l+%s*%(?%s*$"
  if is_session then return offer_sessions(word) end
  return "", 0
end

local function word_names(before)
  local path, rest = open_call(before)
  if path and rest:find "^%s*$" then return keys_of(path), " = " end
  local names = {}
  add_keys(names, _G, 1)
  for _, word in ipairs(keywords) do names[word] = true end
  return names
end

---What the tab key does: kalito.term.readline asks this.
---@param before string the text before the cursor
---@return string insert, integer cut, string? show
function M.complete(before)
  local start = open_string(before)
  if start then return in_string(before:sub(1, start - 1), before:sub(start + 1)) end
  if before:find "^%s*$" then return "  ", 0 end
  local path, word = before:match "([%a_][%w_.]*)[.:]([%w_]*)$"
  if path then return offer(fields_of(value_of(path)), word) end
  word = before:match "[%a_]?[%w_]*$"
  local names, ending = word_names(before:sub(1, #before - #word))
  return offer(names, word, ending)
end

return M
