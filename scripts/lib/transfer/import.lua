-- import.lua: importing files of messages, line by line. What a line means is import_plain's and import_native's,
-- what becomes of a batch of them import_run's.

local kalito = package.loaded.kalito
local lines = require "kalito.transfer.lines"
local native = require "kalito.transfer.import_native"
local plain = require "kalito.transfer.import_plain"
local print = require "kalito.terminal.print"
local runs = require "kalito.transfer.import_run"

local M = {}

local BATCH_ITEMS, BATCH_BYTES = 1000, 1 << 20

---@class kalito.Input
---@field name string for messages
---@field file file*
---@field size? integer
---@field source? string what it is known by, instead of its first line

local function decode(line)
  local ok, object, problem = runs.try(kalito.json.decode, line)
  if not ok then return nil, object end
  if object == nil then return nil, "is not JSON: " .. problem end
  if type(object) ~= "table" or getmetatable(object) then return nil, "is not a JSON object" end
  return object
end

-- The first line, and what it says, tell what the others are and which source they come from.
local function choose(run, input, line, object)
  if object and native.is_native(object) then
    if run.options.into then runs.fail("usage", input.name .. ": --into is for plain lines, not for an export") end
    return native.new(run)
  end
  return plain.new(run, input.source or kalito.hash(line or ""), run.options.into)
end

local function make_item(run, input, line, problem)
  local object, item
  if line then object, problem = decode(line) end
  run.ordinal = run.ordinal + 1
  run.handler = run.handler or choose(run, input, line, object)
  if object then item, problem = run.handler:item(object, run.ordinal) end
  item = item or { problem = problem }
  item.number = run.reader.number
  return item
end

-- The next line that is not blank, as an item. nil: there is none.
local function read_item(run, input)
  repeat
    local line, problem = run.reader:read()
    if line == nil then return nil end
    if line and run.reader.number == 1 then line = line:gsub("^\239\187\191", "") end
    if not line or line:find "%S" then return make_item(run, input, line, problem) end
  until false
end

local function read_input(run, input)
  run.input, run.reader, run.handler = input, lines.open(input.file, input.name), nil
  run.ordinal = input.source and run.ordinal or 0 -- parts of one source follow each other
  local before, items, at = run.ordinal, {}, 0
  for item in read_item, run, input do
    items[#items + 1] = item
    if #items >= BATCH_ITEMS or run.reader.bytes - at >= BATCH_BYTES then
      run:store(run.handler, items)
      items, at = {}, run.reader.bytes
    end
  end
  run:count("lines", run.ordinal - before)
  if not run.handler then return end
  run:store(run.handler, items)
  local problem = run.handler:finish()
  if not problem then return end
  run:report(run.reader.number, problem)
  run.cut = true
end

---@param counts table
---@return string
function M.summary(counts)
  return ("imported %s, %s; skipped %d"):format(print.count(counts.sessions, "session"),
    print.count(counts.messages, "message"), counts.skipped)
end

local function describe(problem)
  if type(problem) == "table" and problem.message then return problem.message, problem.code end
  local text = tostring(problem)
  if text:find "interrupted$" then return "interrupted", "interrupted" end
  return text, "error"
end

---Imports files. Bad lines are named on standard error and skipped.
---@param inputs kalito.Input[]
---@param options { open: fun(): (kalito.Store), into?: string } `open` is called when there is something to write
---@return table? counts, string? message, string? code `counts` also has `unknown`: how often unknown fields were seen
function M.import(inputs, options)
  local run = runs.new(options)
  local ok, problem = pcall(function()
    for _, input in ipairs(inputs) do read_input(run, input) end
  end)
  print.progress(nil)
  if ok then
    run.counts.unknown = run.unknowns
    return run.counts
  end
  local message, code = describe(problem)
  if not run.db then return nil, message, code end
  return nil, ("%s; before that: %s"):format(message, M.summary(run:settle())), code
end

---Reads files as an import does, and writes nothing. Bad lines are named on standard error.
---@param inputs kalito.Input[] of files that can be rewound
---@param options { real?: kalito.Store, into?: string }
---@return integer? bad how many lines are bad, string? message, string? code
function M.check(inputs, options)
  local scratch <close> = assert(kalito.open(":memory:", { create = true }))
  local run = runs.new(options)
  run.db, run.real, run.checking = scratch, options.real, true
  if options.into then assert(scratch.session.add { id = options.into }) end
  local ok, problem = pcall(function()
    for _, input in ipairs(inputs) do
      read_input(run, input)
      assert(input.file:seek("set", 0))
    end
  end)
  print.progress(nil)
  if not ok then return nil, describe(problem) end
  return run.counts.skipped + (run.cut and 1 or 0)
end

return M
