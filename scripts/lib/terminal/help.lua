-- help.lua: help() of the prompt: what the reference manual, the policies and the commands say of themselves, as text.

local kalito = package.loaded.kalito
local contract = require "kalito.policy.contract"
local docs = require "kalito.terminal.docs"
local layout = require "kalito.terminal.layout"
local pretty = require "kalito.terminal.pretty"
local script = require "kalito.script"

local M = {}

local INTRODUCTION = "Everything is Lua. An expression is printed; _ is the last value; locals last for one input. "
  .. "Tab completes, Ctrl-R searches the history, Ctrl-C interrupts, Ctrl-D leaves."

local FIRST = {
  { "help(db.message)", "what a value is" },
  { 'help "score"', "a policy, a command or a name" },
  { "kalito.policy.score = function(message) ... end", "replaces a rule for this run" },
  { 'kalito.try { score = f, session = "Trip" }', "compares a rule with the one in use" },
  { "kalito.explain(context, id)", "why an item is in a context or not" },
  { "kalito.reload()", "reads policies and settings again" },
}

local function wrap(text)
  return layout.wrap(text, kalito.system.columns())
end

local function columns(rows, out)
  for _, line in ipairs(layout.glossary(rows, kalito.system.columns())) do out[#out + 1] = line end
end

local function first_sentence(text)
  return (text:match "^(.-[^.])[.:]%s" or text:gsub("%.$", ""))
end

local function show_fields(class, out)
  local rows = {}
  for i, field in ipairs(class.fields) do rows[i] = { field[1], field[2] .. "  " .. field[3] } end
  if out[1] ~= class.name then out[#out + 1] = "\n" .. class.name end
  columns(rows, out)
end

local function show_function(doc, out)
  local rows = {}
  out[1] = doc.name .. "(" .. table.concat(doc.arguments, ", ") .. ")"
  if doc.text ~= "" then out[2] = wrap(doc.text) end
  for i, param in ipairs(doc.params) do rows[i] = { param[1], param[2] .. "  " .. param[3] } end
  for _, result in ipairs(doc.returns) do rows[#rows + 1] = { "->", result } end
  columns(rows, out)
  for _, param in ipairs(doc.params) do
    local class = docs.class_of(param[2])
    if class then show_fields(class, out) end
  end
end

local function show_entry(doc)
  local out = {}
  if doc.kind == "function" then
    show_function(doc, out)
  else
    out[1] = doc.name
    if doc.text ~= "" then out[2] = wrap(doc.text) end
    if #doc.fields > 0 then show_fields(doc, out) end
    local rows = {}
    for _, member in ipairs(docs.members(doc.variable or doc.name)) do
      local arguments = member.arguments and "(" .. table.concat(member.arguments, ", ") .. ")" or ""
      rows[#rows + 1] = { member.name .. arguments, first_sentence(member.text) }
    end
    if #rows > 0 then out[#out + 1] = "" end
    columns(rows, out)
  end
  return table.concat(out, "\n") .. "\n"
end

local function show_policy(kind)
  local policy = kalito.policy.get(kind)
  local out, rows = { "policies/" .. kind .. " (" .. (policy.path or policy.origin) .. ")" }, {}
  out[2] = layout.safe(policy.describe or "")
  for name, rule in pairs(contract.kinds[kind].functions) do
    local whose = policy.functions[name] and "" or " (shipped)"
    rows[#rows + 1] = { name .. "(" .. rule.takes .. ")", rule.gives .. whose }
  end
  table.sort(rows, function(a, b) return a[1] < b[1] end)
  columns(rows, out)
  rows = {}
  for name, value in pairs(policy.options or {}) do
    rows[#rows + 1] = { layout.safe(tostring(name)), pretty.format(value, { width = 1000, items = 4, text = 40 }) }
  end
  table.sort(rows, function(a, b) return a[1] < b[1] end)
  if #rows > 0 then out[#out + 1] = "\nOptions" end
  columns(rows, out)
  return table.concat(out, "\n") .. "\n"
end

local function show_command(name)
  local found = name:find "^[%w_-]+$" and script.find("commands/" .. name)
  local spec = found and script.load(found)
  return spec and require("kalito.terminal.usage").text("kalito " .. name, spec)
end

local function overview()
  local out, rows = { wrap(INTRODUCTION) .. "\n" }, {}
  columns(FIRST, out)
  out[#out + 1] = "\nNames"
  for _, name in ipairs { "db", "kalito", "conversation" } do
    for _, doc in ipairs(docs.members(name)) do
      local arguments = doc.arguments and "(" .. table.concat(doc.arguments, ", ") .. ")" or ""
      rows[#rows + 1] = { doc.name .. arguments, first_sentence(doc.text) }
    end
  end
  columns(rows, out)
  out[#out + 1] = "\n" .. wrap("Policies: " .. table.concat(contract.names(), ", "))
  out[#out + 1] = wrap("Commands: " .. table.concat(script.names "commands", ", "))
  return table.concat(out, "\n") .. "\n"
end

---The names that help has something to say about, in no order.
---@return string[]
function M.topics()
  local list = {}
  for name in pairs(docs.book()) do list[#list + 1] = name end
  table.move(contract.names(), 1, #contract.names(), #list + 1, list)
  local commands = script.names "commands"
  return table.move(commands, 1, #commands, #list + 1, list)
end

-- Entries called so, or ending so: "add" is db.message.add and others.
local function entries(topic)
  local book, list = docs.book(), {}
  local one = book[topic] or book["kalito." .. topic] or book["db." .. topic]
  if one then return { one } end
  for name, doc in pairs(book) do
    if name:match "[%w_]+$" == topic then list[#list + 1] = doc end
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end

local function show_topic(topic)
  local out = {}
  if contract.kinds[topic] then out[1] = show_policy(topic) end
  local command = show_command(topic)
  if command then out[#out + 1] = command end
  for _, doc in ipairs(entries(topic)) do out[#out + 1] = show_entry(doc) end
  if #out > 0 then return table.concat(out, "\n") end
  local near = kalito.nearest(topic, M.topics())
  local hint = near and " (did you mean '" .. near .. "'?)" or ""
  return "nothing is called '" .. layout.safe(topic) .. "'" .. hint .. "\n"
end

---The text of help about a value or a name; without one, an overview.
---@param subject? any
---@return string
function M.about(subject)
  if subject == nil then return overview() end
  if type(subject) == "string" then return show_topic(subject) end
  local name = docs.name_of(subject)
  local doc = name and docs.book()[name]
  if doc then return show_entry(doc) end
  return "There is no help about this " .. type(subject) .. ".\n"
end

return M
