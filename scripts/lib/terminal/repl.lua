-- repl.lua: the prompt: reads Lua, an expression first, and prints its values; in a pipe the same without a prompt. No
-- error ends it.

local kalito = package.loaded.kalito
local layout = require "kalito.terminal.layout"
local pretty = require "kalito.terminal.pretty"
local print = require "kalito.terminal.print"

local M = {}

-- ---- reading ----

-- Lines from a terminal, edited and remembered.
local function terminal_reader()
  local history, complete = require "kalito.terminal.history", require("kalito.terminal.complete").complete
  local lines = history.load()
  return function(prompt)
    local line, why = kalito.term.readline(prompt, complete)
    if line then history.add(lines, line) end
    if not line and not why then print.write "\n" end
    return line, why
  end
end

local function pipe_reader()
  return function() return io.stdin:read "l" end
end

-- An expression hands its values to the chunk's argument, so that its own line is still there when a call in it raises:
-- `return f()` would give its place up.
local function compile(text)
  local chunk = load("return (...)(" .. text:gsub("^%s*=", "", 1) .. "\n)", "=stdin", "t")
  if chunk then return chunk end
  return load(text, "=stdin", "t")
end

-- Reads lines until they are a whole. Nil at the end of the input; a chunk of nothing when the user gave up.
local function read_chunk(read)
  local text, why = read "> "
  if not text then return why and load "" or nil end
  while true do
    local chunk, message = compile(text)
    if chunk or not message:find "<eof>$" then return chunk or function() error(message, 0) end end
    local line
    line, why = read ">> "
    if not line then return why and load "" or function() error(message, 0) end end
    text = text .. "\n" .. line
  end
end

-- ---- running ----

local function show(...)
  local count, parts, long = select("#", ...), {}, false
  if count == 0 then return end
  _G._ = ...
  for i = 1, count do
    parts[i] = pretty.format((select(i, ...)))
    long = long or parts[i]:find("\n", 1, true)
  end
  print.write(table.concat(parts, long and "\n" or "\t") .. "\n")
end

local function describe(problem)
  local text = problem
  if type(problem) == "table" and type(rawget(problem, "message")) == "string" then text = problem.message end
  if type(text) ~= "string" then text = pretty.format(problem) end
  return { text = text, trace = debug.traceback(text, 2) }
end

local function report(problem, trace)
  io.stdout:flush()
  if type(problem) ~= "table" then problem = describe(problem) end -- the handler itself was interrupted
  local text = trace and layout.safe_lines(problem.trace) or layout.safe(problem.text)
  local newline = problem.text:find "interrupted$" and kalito.system.isatty "stderr" and "\n" or ""
  io.stderr:write(newline, text, "\n")
end

---Reads and runs until the input ends.
---@param options { terminal: boolean, trace?: boolean }
---@return boolean fine no error was reported
function M.loop(options)
  local read, fine, ended = options.terminal and terminal_reader() or pipe_reader(), true, false
  local function step()
    local chunk = read_chunk(read)
    if chunk then show(chunk(show)) end
    ended = not chunk
    print.flush()
  end
  repeat
    local ok, problem = kalito.term.guard(step, describe)
    if not ok then
      fine = false
      report(problem, options.trace)
    end
  until ended
  return fine
end

return M
