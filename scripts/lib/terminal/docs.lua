-- docs.lua: the reference manual, read from the stubs in meta/: LuaCATS comments above functions, tables and classes.
-- Finds the entry of a name or of a value; what is shown of it is for help.lua.

local kalito = package.loaded.kalito

local M = {}

---@class kalito.Doc
---@field name string "db.message.add", "kalito.Message"
---@field kind "function"|"table"|"class"|"alias"
---@field text string what stands above it, in one line
---@field arguments? string[] of a function
---@field params { [1]: string, [2]: string, [3]: string }[] name, type, what it is
---@field returns string[]
---@field fields { [1]: string, [2]: string, [3]: string }[] of a class
---@field class? string of a table

-- "name? type what it is"; a type may hold blanks inside brackets, after a comma, a colon or a bar.
local function split_type(text)
  local depth, at = 0, 1
  while at <= #text do
    local c = text:sub(at, at)
    if c:find "[{(<%[]" then depth = depth + 1 end
    if c:find "[})>%]]" then depth = depth - 1 end
    if c == " " and depth == 0 and not text:sub(1, at - 1):find "[,:|]$" then break end
    at = at + 1
  end
  return text:sub(1, at - 1), text:sub(at + 1)
end

local tags = {}

local function named(list)
  return function(doc, text)
    local name, rest = text:match "^(%S+)%s*(.*)$"
    local kind, what = split_type(rest)
    table.insert(doc[list], { name, kind, what })
  end
end

tags.param, tags.field = named "params", named "fields"

tags["return"] = function(doc, text)
  table.insert(doc.returns, text)
end

function tags.class(doc, text)
  local what
  doc.class, what = text:match "^([^%s:]+)(.*)$"
  if what:find "^ " then doc.text = doc.text .. (doc.text == "" and "" or " ") .. what:sub(2) end
end

function tags.alias(doc, text)
  doc.alias, doc.text = text:match "^(%S+)%s*(.*)$"
end

-- A line of a comment; text behind a tag goes on with that tag.
local function read_comment(doc, line)
  local tag, text = line:match "^@(%l+)%s*(.*)$"
  if tag then
    if tags[tag] then tags[tag](doc, text) end
    doc.last = tag
  elseif not doc.last then
    doc.text = doc.text .. (doc.text == "" and "" or " ") .. line
  else
    local list = doc.last == "param" and doc.params or doc.last == "field" and doc.fields or nil
    if list and list[#list] then list[#list][3] = list[#list][3] .. " " .. line end
    if doc.last == "return" then doc.returns[#doc.returns] = doc.returns[#doc.returns] .. " " .. line end
  end
end

local function new_doc()
  return { text = "", params = {}, returns = {}, fields = {} }
end

-- What stands under a comment decides what it documents. Classes written in lower case are paths.
local function read_code(book, paths, doc, line)
  local name, arguments = line:match "^function ([%w_.:]+)%((.-)%)"
  local variable = name and name:match "^[%w_]+" or line:match "^local ([%w_]+) = {}" or line:match "^([%w_.]+) = {}"
  if variable and doc.class and doc.class:find "^kalito%.%l" then paths[variable] = doc.class end
  if name then
    doc.kind, doc.arguments = "function", {}
    for word in arguments:gmatch "[%w_.]+" do table.insert(doc.arguments, word) end
  elseif variable then
    doc.kind, name = "table", variable
  end
  if name then
    doc.name = name:gsub("^[%w_]+", paths)
    book[doc.name] = doc
  end
  local class = doc.class or doc.alias
  if class and class ~= doc.name then
    book[class] = { name = class, kind = doc.class and "class" or "alias", text = doc.text, fields = doc.fields,
      params = {}, returns = {}, variable = doc.name }
  end
end

---Reads one stub file into the book.
---@param book table<string, kalito.Doc>
---@param source string
function M.read(book, source)
  local doc, paths
  doc, paths = nil, {}
  for line in (source .. "\n"):gmatch "(.-)\n" do
    local comment = line:match "^%-%-%-%s?(.*)$"
    if comment then
      doc = doc or new_doc()
      read_comment(doc, comment)
    elseif doc or line:find "^function " then
      read_code(book, paths, doc or new_doc(), line)
      doc = nil
    end
  end
end

local cached

---All entries, by name.
---@return table<string, kalito.Doc>
function M.book()
  if cached then return cached end
  cached = {}
  for _, name in ipairs(kalito.embedded_names()) do
    if name:find "^meta/" then M.read(cached, kalito.embedded(name)) end
  end
  return cached
end

---The entries whose names lie directly below a name, ascending: "db.message" has "db.message.add".
---@param name string
---@return kalito.Doc[]
function M.members(name)
  local list = {}
  for key, doc in pairs(M.book()) do
    local own = key:sub(1, #name) == name and key:match("^[.:]([%l_][%w_]*)$", #name + 1)
    if own then list[#list + 1] = doc end
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end

---The class that a type names, without "?" and "[]".
---@param kind string
---@return kalito.Doc?
function M.class_of(kind)
  local doc = M.book()[kind:match "kalito[%w_.]+" or ""]
  return doc and #doc.fields > 0 and doc or nil
end

-- The handles whose functions have a name in the book, by that name.
local function roots()
  return { kalito = kalito, db = rawget(_G, "db"), conversation = package.loaded["kalito.conversation"] }
end

local function name_below(name, object, wanted, depth)
  if rawequal(object, wanted) then return name end
  local book = M.book()
  if depth == 0 or type(object) ~= "table" and type(object) ~= "userdata" then return nil end
  for _, doc in ipairs(M.members(name)) do
    local ok, value = pcall(function() return object[doc.name:match "[%w_]+$"] end)
    local found = ok and value ~= nil and book[doc.name] and name_below(doc.name, value, wanted, depth - 1)
    if found then return found end
  end
  return nil
end

---The name under which the book has a value: a function, a table of functions, a handle.
---@param value any
---@return string?
function M.name_of(value)
  local meta = type(value) == "table" and getmetatable(value)
  if meta and rawequal(meta, package.loaded["kalito.conversation"]) then return "conversation" end
  for name, object in pairs(roots()) do
    local found = name_below(name, object, value, 2)
    if found then return found end
  end
  return nil
end

return M
