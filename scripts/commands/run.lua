-- run: the user's own scripts, with his power.

local script = require "kalito.script"

local function load_chunk(args)
  if args.eval then return load(args.eval, "=(command line)", "t") end
  local name = args.file
  local source, message, code
  if name == "-" then
    source = io.stdin:read "a"
  else
    source, message, code = script.read(name)
    if not source then return nil, message, code end
  end
  return load(source:gsub("^#[^\n]*", "", 1), name == "-" and "=stdin" or "@" .. name, "t")
end

return {
  name = "run",
  summary = "Run a Lua script",
  details = "The script has `kalito` as a global, its arguments in `...` and `arg`, and all of Lua.",
  arguments = {
    { "file", "the script; - reads it from standard input", optional = true },
    { "arguments", "what the script gets", rest = true, optional = true },
  },
  options = { { "eval", "CODE", "run this code instead of a file" } },
  example = "kalito run report.lua Trip",
  run = function(args)
    if args.eval and args.file then table.insert(args.arguments, 1, args.file) end
    if not args.eval and not args.file then return nil, "FILE is missing", "usage" end
    local chunk, message, code = load_chunk(args)
    if not chunk then return nil, message, code end
    arg = { [0] = args.eval and "-e" or args.file, table.unpack(args.arguments) } -- luacheck: globals arg
    chunk(table.unpack(args.arguments))
    return true
  end,
}
