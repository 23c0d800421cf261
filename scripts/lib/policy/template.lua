-- template.lua: the files that `kalito script new` writes: commented copies of shipped scripts, files that build on
-- them, and beginnings of personas, providers and commands.

local kalito = package.loaded.kalito
local contract = require "kalito.policy.contract"

local M = {}

local HEAD <const> = [[
-- Your own %s policy: from now on it is used in the place of the shipped one. Delete this file to go back.
-- It runs in the jail: no files, no network, no clock (ctx.now is the time). When it fails, the shipped policy
-- answers in its place, and kalito says so once with file and line.
--
%s--
-- To change only numbers or words, config.lua beside this folder is enough:
--   return { policies = { %s = { %s } } }

]]

local hints = {
  score = { "kalito score SESSION --dry-run", "what it would change" },
  retain = { "kalito session cleanup --dry-run", "what it would do" },
}

-- One option with its value, as an example.
local function example_option(defaults)
  local names = {}
  for name, value in pairs(defaults) do
    if math.type(value) then names[#names + 1] = name end
  end
  table.sort(names)
  return names[1] and ("%s = %s"):format(names[1], defaults[names[1]]) or ""
end

---The comment above a policy.
---@param kind string
---@return string
function M.head(kind)
  local defaults = kalito.script.builtin("policies/" .. kind).defaults
  local rows, lines = {
    { "kalito script test " .. kind, "runs the tests in this file and the checks of its kind" },
    { "kalito script doc " .. kind, "what each function gets and must give, and the options" }, hints[kind],
  }, {}
  for i, row in ipairs(rows) do lines[i] = ("--   %-33s %s\n"):format(row[1], row[2]) end
  return HEAD:format(kind, table.concat(lines), kind, example_option(defaults))
end

local FUNCTION <const> = [[
  -- takes %s; gives %s
  %s = function(%s)
    return shipped.%s(%s)
  end,
]]

---A policy that builds on the shipped one.
---@param kind string
---@return string
function M.extend(kind)
  local out = { M.head(kind), 'local shipped = kalito.script.builtin("policies/', kind, '")\n\nreturn {\n  name = "',
    kind, '",\n  describe = "mine, built on the shipped one",\n  defaults = shipped.defaults,\n' }
  local names = {}
  for name in pairs(contract.kinds[kind].functions) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    local rule = contract.kinds[kind].functions[name]
    out[#out + 1] = FUNCTION:format(rule.takes, rule.gives, name, rule.takes, name, rule.takes)
  end
  out[#out + 1] = "  tests = shipped.tests, -- and your own\n}\n"
  return table.concat(out)
end

local texts = {}

texts.personas = [[
-- A persona of your own. `kalito persona new` makes one in the database without a file; a file can also behave.
-- Placeholders in the prompt: {{user}}, {{char}}, {{date}}. It runs in the jail.
--   kalito script doc persona

---@type kalito.PersonaFile
return {
  name = "NAME",
  describe = "one line for lists",
  category = "general",
  temperature = 0.7,
  prompt = "You are {{char}}, and you speak with {{user}}. Today is {{date}}.",

  -- system = function(persona, ctx) return persona.prompt end,  -- another prompt
  -- before = function(turn, ctx) return turn end,               -- change what is sent
  -- after = function(reply, ctx) return reply end,              -- change what came back
  --
  -- In its sessions it may also decide in the place of a policy: score, update, suggest, plan. For example:
  -- score = function(message, ctx)                              -- what its user says weighs more
  --   local number, reasons = kalito.script.builtin("policies/score").score(message, ctx)
  --   if message.role ~= "user" then return number, reasons end
  --   reasons[#reasons + 1] = { "NAME", 0.1 }
  --   return math.min(1, number + 0.1), reasons
  -- end,
}
]]

texts.providers = [[
-- A provider of your own: builds requests to a model server and reads its answers. It runs in the jail, sends to no
-- other address than providers.NAME.base_url in config.lua, and never sees a key: in a header {{key}} stands for it.
--   kalito script doc provider

---@type kalito.ProviderFile
return {
  name = "NAME",
  describe = "one line for lists",
  defaults = { base_url = "http://127.0.0.1:8080/v1" },

  request = function(messages, settings)
    return {
      url = settings.base_url .. "/chat/completions",
      headers = { ["Content-Type"] = "application/json" },
      body = { model = settings.model, messages = messages, stream = true, temperature = settings.temperature },
      stream = "sse",
    }
  end,

  -- One event of the stream, decoded: what is new in the answer.
  parse = function(event, state)
    local data = event.data
    if type(data) ~= "table" then return { { done = true } }, state end
    local choice = data.choices and data.choices[1]
    local text = choice and choice.delta and choice.delta.content
    return { { text = text or "" } }, state
  end,
}
]]

texts.commands = [[
-- A command of your own: `kalito NAME`. It is your code and runs with your power.
--   kalito script doc command

local print = require "kalito.terminal.print"
local resolve = require "kalito.resolve"

---@type kalito.Command
return {
  name = "NAME",
  summary = "Count the messages of a session",
  arguments = { { "session", "id, beginning of an id, or name" } },
  options = { { "role", "ROLE", "only of this role" } },
  example = "kalito NAME Trip --role user",
  run = resolve.with_session("read", function(args, db, session)
    local n = 0
    for _ in db.message.each { session = session.id, role = args.role } do n = n + 1 end
    print.result({ messages = n }, print.count(n, "message"))
    return true
  end),
}
]]

---The beginning of a persona, provider or command.
---@param folder "personas"|"providers"|"commands"
---@param name string
---@return string
function M.blank(folder, name)
  return (texts[folder]:gsub("NAME", name))
end

---What the Lua language server must know about the user's folder.
---@param library string the folder of the stubs
---@return string
function M.luarc(library)
  local sections = {
    runtime = { version = "Lua 5.4" },
    workspace = { library = kalito.json.array { library }, checkThirdParty = false },
    diagnostics = { globals = kalito.json.array { "kalito" } },
  }
  local settings = {
    ["$schema"] = "https://raw.githubusercontent.com/LuaLS/vscode-lua/master/setting/schema.json",
  }
  for section, values in pairs(sections) do
    for name, value in pairs(values) do settings[section .. "." .. name] = value end
  end
  return kalito.json.encode(settings, 2) .. "\n"
end

return M
