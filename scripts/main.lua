-- main.lua: the command line: reads the global options, finds the command, runs it and turns failures into messages
-- and exit statuses.

local kalito = kalito
local args = require "kalito.terminal.args"
local print = require "kalito.terminal.print"
local script = require "kalito.script"

local STATUS = { usage = 2, misuse = 2, not_found = 3, interrupted = 130 }

local globals = {
  { "db", "FILE", "the database (default $KALITO_DB, else $XDG_DATA_HOME/kalito/kalito.db)" },
  { "json", nil, "print JSON for programs" },
  { "quiet", nil, "print no notes and no progress" },
  { "scripts", "DIR", "look for scripts in DIR first" },
  { "no-init", nil, "do not run init.lua from the configuration folder" },
  { "allow-unisolated", nil, "run policy files even where the kernel offers no isolation" },
  { "trace", nil, "show where in the scripts an error arose" },
}

local main = {
  summary = "Conversation memory for AI chat, in one file, under rules that you can read and replace",
  details = "kalito FILE [ARGS]     runs a Lua script\n"
    .. "kalito -e CODE         runs Lua code\n"
    .. "kalito                 starts the interactive prompt; in a pipe, runs the script from standard input",
  options = {
    { "version", nil, "print the version; also -V" }, { "eval", "CODE", "run Lua code; also -e" },
    table.unpack(globals),
  },
  example = "kalito init\nkalito session new Trip\nkalito add Trip --role user 'Where did we park?'\n"
    .. "kalito context Trip --budget 2000 --explain",
}

-- The application, as commands see it.
local app = { globals = globals }

-- What is wrong with the database is said with its name; a defect of ours while it is open most likely is.
local function about(code, message)
  local defect = not code or code == "error" and message:find "^kalito/"
  local file = app.db and (defect or code == "corrupt") and app.path()
  return file and not message:find(file, 1, true) and file .. ": " .. message or message
end

local function fail(code, message)
  io.stdout:flush()
  print.progress(nil)
  io.stderr:write("kalito: ", print.safe_lines(about(code, message or code or "failed")), "\n")
  return STATUS[code] or 1
end

-- ---- the database ----

---The name of the database file.
function app.path()
  local path = app.options.db or os.getenv "KALITO_DB"
  if path and path ~= "" then return path end
  local folder = script.data_folder()
  return folder and folder .. "/kalito.db" or "kalito.db"
end

-- Opening an older file changes it: its user is told, once, and where it is as it was.
local function tell_migration(db)
  local from = db.migrated()
  local info = from and db.stat()
  if not info or not info.migration_backup then return end
  local what = from == 0 and "a file of the original Kalito" or "a file of an older kalito"
  print.note(("%s was %s: it is up to date now, and as it was in %s"):format(info.path, what, info.migration_backup))
  local names = {}
  for i, thing in ipairs(db.foreign() or {}) do names[i] = thing.kind .. " " .. thing.name end
  if #names > 0 then print.note("not kalito's, left alone: " .. table.concat(names, ", ")) end
end

---The database. "read" and "write" need it to be there; "create" makes it when it is missing.
---@param mode "read"|"write"|"create"
---@return kalito.Store? db, string? message, string? code
function app.open(mode)
  local path = app.path()
  if mode == "create" and not app.options.db and not os.getenv "KALITO_DB" then
    local ok, message, code = kalito.system.mkdir(path:match "^(.*)/" or ".")
    if not ok then return nil, message, code end
  end
  local message, code
  app.db, message, code = kalito.open(path, { create = mode == "create", progress = print.shows_progress() })
  if app.db then tell_migration(app.db) end
  return app.db, message, code
end

-- ---- commands ----

local function command_names()
  return script.names "commands"
end

local function load_command(name)
  local found = name:find "^[%w_-]+$" and script.find("commands/" .. name)
  if not found then return nil end
  local spec, message = script.load(found)
  if not spec then error(message, 0) end
  return spec
end

local function usage(name, spec)
  return require("kalito.terminal.usage").text(name, spec)
end

local function usage_error(name, message)
  return fail("usage", message .. "\nSee " .. name .. " --help")
end

local function accept_globals(values)
  for _, option in ipairs(globals) do
    local key = option[1]:gsub("%-", "_")
    if values[key] ~= nil then app.options[key] = values[key] end
  end
  print.json, print.quiet = app.options.json, app.options.quiet
  if app.options.scripts then script.use_folder(app.options.scripts) end
  if app.options.allow_unisolated then require("kalito.policy").unisolated = true end
end

-- The user's own code, with his power, before every command.
local function run_init()
  local folder = not app.options.no_init and script.config_folder()
  local source = folder and script.read(folder .. "/init.lua")
  if not source then return end
  local chunk, message = load(source, "@" .. folder .. "/init.lua", "t")
  if not chunk then error(message, 0) end
  chunk()
end

local function unknown(what, name, word, words)
  local near = kalito.nearest(word, words)
  for _, option in ipairs(name == "kalito" and main.options or {}) do
    if option[1] == word then near = "--" .. word end
  end
  return usage_error(name, ("unknown %s '%s'%s"):format(what, word, near and " (did you mean '" .. near .. "'?)" or ""))
end

local run_command

-- A command with subcommands may also do something without one: then only their names lead to them.
local function run_subcommand(name, spec, argv)
  local sub = argv[1]
  if spec.run and not spec.commands[sub] and not (sub == "--help" or sub == "-h") then
    return run_command(name, setmetatable({ commands = false }, { __index = spec }), argv)
  end
  if not sub or sub == "--help" or sub == "-h" then
    spec.footer = "Of each there is more: " .. name .. " COMMAND --help"
    local write = sub and print.write or function(text) io.stderr:write(text) end
    write(usage(name, spec))
    return sub and 0 or STATUS.usage
  end
  if spec.commands[sub] then
    return run_command(name .. " " .. sub, spec.commands[sub], table.move(argv, 2, #argv, 1, {}))
  end
  local names = {}
  for key in pairs(spec.commands) do names[#names + 1] = key end
  return unknown("subcommand", name, sub, names)
end

function run_command(name, spec, argv)
  if spec.commands then return run_subcommand(name, spec, argv) end
  local options = { table.unpack(spec.options or {}) }
  table.move(globals, 1, #globals, #options + 1, options)
  local values, message = args.parse({ options = options, arguments = spec.arguments }, argv)
  if not values then return usage_error(name, message) end
  accept_globals(values)
  if values.help then
    spec.footer = "Global options: see kalito --help"
    print.write(usage(name, spec))
    return 0
  end
  run_init()
  local ok, problem, code = spec.run(values, app)
  if ok then return type(ok) == "number" and ok or 0 end
  if code == "usage" then return usage_error(name, problem) end
  return fail(code, problem)
end

local function run_named(name, argv)
  local spec = load_command(name)
  if spec then return run_command("kalito " .. name, spec, argv) end
  if not kalito.system.stat(name) then
    if name:find "[/.]" then return fail("not_found", name .. ": no such file") end
    return unknown("command", "kalito", name, { "help", table.unpack(command_names()) })
  end
  return run_command("kalito run", load_command "run", { name, "--", table.unpack(argv) })
end

local function show_usage()
  local rows = {}
  for _, name in ipairs(command_names()) do rows[name] = load_command(name) end
  main.commands = rows
  main.footer = "Of each command there is more: kalito COMMAND --help"
  print.write(usage("kalito", main))
  return 0
end

local function dispatch(argv)
  local values, message = args.parse({ options = main.options }, argv, true)
  if not values then return usage_error("kalito", message) end
  accept_globals(values)
  if values.help then return show_usage() end
  if values.version then
    print.write("kalito " .. kalito._VERSION .. "\n")
    return 0
  end
  local rest = values.next and table.move(argv, values.next, #argv, 1, {}) or {}
  if values.eval then return run_named("run", { "--eval", values.eval, "--", table.unpack(rest) }) end
  local name = table.remove(rest, 1)
  if name == "help" then
    name = table.remove(rest, 1)
    if not name then return show_usage() end
    rest[#rest + 1] = "--help"
  end
  if name then return run_named(name, rest) end
  if kalito.system.isatty "stdin" then return run_named("repl", {}) end
  return run_named("run", { "-" })
end

-- ---- failures ----

-- Misuse that the core found in what a shipped command passed on names a field ("message.role must be ...") and is the
-- user's to mend; any other error is a defect at the line it names. Where in
-- ours a Ctrl-C came says nothing to anybody.
local function describe(problem)
  if type(problem) == "table" and problem.message then return problem end
  local text = tostring(problem)
  local misuse = text:match "^kalito/[%w_/]+%.lua:%d+: (%l+%.[%w_]+[ :].*)$"
  local code = misuse and "misuse" or text:find "interrupted" and "interrupted" or "error"
  if code == "interrupted" then text = text:gsub("^kalito/[%w_/]+%.lua:%d+: ", "") end
  return { code = code, message = misuse or text, trace = debug.traceback(text, 2) }
end

app.options = {}
local ok, result = kalito.term.guard(function()
  local status = dispatch(table.move(arg, 1, #arg, 1, {}))
  print.flush()
  return status
end, describe)
if app.db then app.db.close() end
if ok then return result end
if result.silent then return 1 end
return fail(result.code, app.options.trace and result.trace or result.message)
