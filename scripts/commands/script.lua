-- script: the Lua files that decide: see them, replace them, test them.

local catalog = require "kalito.policy.catalog"
local contract = require "kalito.policy.contract"
local manual = require "kalito.policy.manual"
local print = require "kalito.terminal.print"
local trials = require "kalito.policy.trials"
local writing = require "kalito.policy.writing"

local function list(args)
  if args.folder and not catalog.knows(args.folder) then
    return nil, "FOLDER must be policies, personas, providers or commands", "usage"
  end
  print.rows(catalog.list(args.folder), {
    { "NAME" }, { "FROM", key = "origin" }, { "STATE", most = 60 },
    { "FILE", key = "path", most = 200 }, { "OVERRIDES", show = function(paths) return table.concat(paths, " ") end },
    { "FUNCTIONS", show = function(names) return table.concat(names, " ") end, wide = true },
  })
  return true
end

local function which(args)
  local name, message, code = catalog.resolve(args.name)
  if not name then return nil, message, code end
  print.rows(catalog.search(name), {
    { "", key = "used", show = function(used, row) return used and "used" or row.found and "hidden" or "-" end },
    { "FROM", key = "origin" }, { "FILE", key = "path" },
  })
  return true
end

local function new(args)
  local path, message, code = writing.new(args.kind, args.name, args.extend)
  if not path then return nil, message, code end
  print.result({ path = path }, path)
  if contract.kinds[args.kind] then print.note("try it: kalito script test " .. args.kind) end
  return true
end

local function doc(args)
  local text = manual.text(args.kind)
  if not text then return nil, manual.unknown(args.kind), "not_found" end
  print.write(text)
  return true
end

-- A script of which nothing but loading is tried is named when it does not.
local function show(result, verbose)
  if #result.tests == 1 and result.failed == 0 and not verbose then return end
  print.write(("%s (%s)\n"):format(result.name, result.path or result.origin))
  for _, test in ipairs(result.tests) do
    local word = test.ok and "ok  " or "FAIL"
    if not test.ok or verbose then print.write(("  %s  %s\n"):format(word, print.safe(test.name))) end
    for _, problem in ipairs(test.problems) do print.write("          " .. print.safe(problem) .. "\n") end
  end
end

local function test(args)
  local results, message, code = trials.all(args.file)
  if not results then return nil, message, code end
  local passed, failed = 0, 0
  for _, result in ipairs(results) do
    if not print.json then show(result, args.verbose) end
    passed, failed = passed + result.passed, failed + result.failed
  end
  if print.json then
    print.object { passed = passed, failed = failed, scripts = kalito.json.array(results) }
  else
    print.write(("%d passed, %d failed\n"):format(passed, failed))
  end
  return failed == 0 and 0 or 1
end

return {
  name = "script",
  summary = "List, replace, test and explain the rules",
  commands = {
    list = {
      summary = "List every script, where it comes from, what it overrides, whether it loads, and what it decides",
      arguments = { { "folder", "policies, personas, providers or commands (default: all)", optional = true } },
      example = "kalito script list policies",
      run = list,
    },
    which = {
      summary = "Show where a script is looked for, and which file is used",
      arguments = { { "name", "such as policies/score, or score" } },
      example = "kalito script which policies/score",
      run = which,
    },
    new = {
      summary = "Write a script of your own and print its path",
      details = "Writes a commented copy of the shipped one into your configuration folder, where it is used from now\n"
        .. "on. A file that is there is never overwritten.",
      arguments = {
        { "kind", "score, pin, summarize, context, recall, retain; persona, provider, command" },
        { "name", "of the persona, provider or command", optional = true },
      },
      options = { { "extend", nil, "a short policy that builds on the shipped one" } },
      example = "kalito script new score --extend",
      run = new,
    },
    test = {
      summary = "Run the tests that scripts carry, and the checks of their kinds",
      details = "Types and ranges of the answers, the same answer to the same input, input left as it was. What is\n"
        .. "not shipped runs in the jail. Exit status 1 when something fails.",
      arguments = { { "file", "a file, or a name such as score (default: all that are in use)", optional = true } },
      options = { { "verbose", nil, "also name the tests that pass" } },
      example = "kalito script test my_score.lua",
      run = test,
    },
    doc = {
      summary = "Explain a kind of script: functions, options, where it is used, an example",
      arguments = { { "kind", "score, pin, summarize, context, recall, retain; persona, provider, command" } },
      example = "kalito script doc score",
      run = doc,
    },
  },
}
