-- The rules of the tree that can be read off its text and its objects. Run from the top of the tree:
--   lua5.4 tests/structure.lua [BUILD]      BUILD: a plain build tree (default build/test)
-- Prints TAP. With a build, object files and the callables of the module are looked at too.
local names = dofile "tests/names.lua"
local build = arg[1] or "build/test"

local C_FUNCTION, C_FILE, BINDING, COMMAND, POLICY = 60, 400, 25, 150, 100

-- ---- reading

local function read(path)
  local file <close> = io.open(path, "rb")
  return file and file:read "a"
end

local function lines_of(command)
  local list = {}
  local pipe <close> = assert(io.popen(command))
  for line in pipe:lines() do list[#list + 1] = line end
  return list
end

-- What is in the repository; without one (a released archive), what is there.
local tracked = lines_of "git ls-files 2>/dev/null"
if #tracked == 0 then
  tracked = lines_of "find . -type f -not -path './build/*' -not -path './.git/*' | cut -c3- | sort"
end

local function files(pattern)
  local i = 0
  return function()
    repeat
      i = i + 1
    until not tracked[i] or tracked[i]:match(pattern) and read(tracked[i])
    return tracked[i]
  end
end

local function lines(text)
  return (text:gsub("\n$", "") .. "\n"):gmatch "(.-)\n"
end

-- ---- reporting

local count, bad = 0, 0

-- `check` calls report(detail) for every offence.
local function rule(sentence, check)
  local details = {}
  check(function(...)
    details[#details + 1] = string.format(...)
  end)
  count = count + 1
  if #details > 0 then bad = bad + 1 end
  print(("%s %d - %s"):format(#details == 0 and "ok" or "not ok", count, sentence))
  for _, detail in ipairs(details) do print("#   " .. detail) end
end

local function skip(sentence, why)
  count = count + 1
  print(("ok %d - %s # SKIP %s"):format(count, sentence, why))
end

-- Code without comments and strings.
local function bare(text)
  text = text:gsub("/%*.-%*/", function(comment) return (comment:gsub("[^\n]", "")) end)
  return (text:gsub("//[^\n]*", ""):gsub('\\"', ""):gsub('"[^"\n]*"', '""'))
end

local function code_must_not_hold(report, pattern, words)
  for path in files(pattern) do
    local code = bare(read(path))
    for _, word in ipairs(words) do
      local found = code:match("%f[%w_]" .. word)
      if found then report("%s: %s", path, found) end
    end
  end
end

-- ---- C

-- Calls each(first line, last line, signature, comment above) for the functions of a file. Functions begin in
-- column one and end with a brace in column one: clang-format sees to that.
local function functions(text, each)
  local list = {}
  for line in lines(text) do list[#list + 1] = line end
  local i = 1
  while i <= #list do
    local first, signature = i, list[i]
    if signature:match "^[%a_]" and not signature:match "^typedef" and not signature:match "[;=]" then
      while list[i] and not list[i]:match "[{;]%s*$" and not list[i]:match "^$" do
        i = i + 1
        signature = signature .. " " .. (list[i] or "")
      end
      if signature:match "%b()%s*{$" then
        local last = i
        while list[last] and list[last] ~= "}" do last = last + 1 end
        local above = first - 1
        while above > 0 and list[above]:match "^%s*[/*]" do above = above - 1 end
        each(first, last, signature, table.concat(list, "\n", above + 1, first - 1))
        i = last
      end
    end
    i = i + 1
  end
end

local function opening_comment(text)
  return text:match "^%s*/%*.-%*/" or text:match "^%-%-[^\n]*\n[%-][^%c]*" or text:match "^%-%-[^\n]*" or ""
end

local function explains_its_length(comment)
  return comment:lower():match "%f[%a]long%f[%A]" ~= nil
end

rule("the core knows no Lua", function(report)
  code_must_not_hold(report, "^core/.*%.[ch]$", { "luaL?_[%w_]*", "lua_State" })
  for path in files "^core/" do
    for include in read(path):gmatch '#include%s*[<"]([^">]+)' do
      if include:match "^lua" or include:match "^lauxlib" then report("%s includes %s", path, include) end
    end
  end
end)

rule("only sqlite*.c knows SQLite", function(report)
  for path in files "^core/.*%.[ch]$" do
    if not path:match "^core/sqlite[%w_]*%.c$" then
      local word = bare(read(path)):match "%f[%w_]sqlite3[%w_]*" or read(path):match "#include%s*<sqlite3"
      if word then report("%s: %s", path, word) end
    end
  end
  for path in files "^bindings/.*%.[ch]$" do
    if bare(read(path)):match "%f[%w_]sqlite3_" then report("%s uses SQLite", path) end
  end
end)

rule("the core prints nothing and never ends the program", function(report)
  code_must_not_hold(report, "^core/.*%.[ch]$",
    { "printf%s*%(", "fprintf%s*%(", "puts%s*%(", "putchar%s*%(", "stdout%f[%W]", "stderr%f[%W]", "exit%s*%(",
      "_exit%s*%(", "abort%s*%(" })
end)

rule("the core includes nothing from the layers above it", function(report)
  local own = {}
  for path in files "^core/.*%.h$" do own[path:match "^core/(.+)$"] = true end
  for path in files "^core/.*%.[ch]$" do
    for name in read(path):gmatch '#include%s*"([^"]+)"' do
      if not own[name] then report('%s includes "%s"', path, name) end
    end
  end
end)

rule("bindings see the public header of the core and no other", function(report)
  local private = {}
  for path in files "^core/.*%.h$" do private[path:match "[^/]+$"] = path ~= "core/kalito.h" or nil end
  for path in files "^bindings/.*%.h$" do private[path:match "[^/]+$"] = nil end
  for path in files "^bindings/.*%.[ch]$" do
    for name in read(path):gmatch '#include%s*"([^"]+)"' do
      if private[name:match "[^/]+$"] then report('%s includes "%s"', path, name) end
    end
    local word = bare(read(path)):match "%f[%w_]kali_[%w_]+"
    if word then report("%s uses %s", path, word) end
  end
end)

rule("a C file has at most " .. C_FILE .. " lines, or says in its first comment why it is long", function(report)
  for path in files "^%a+/.*%.c$" do
    local text = read(path)
    local _, n = text:gsub("\n", "")
    if n > C_FILE and path:match "^[cb]" and not explains_its_length(opening_comment(text)) then
      report("%s has %d lines", path, n)
    end
  end
end)

rule("a C function has at most " .. C_FUNCTION .. " lines, or a comment that says why it is long", function(report)
  for path in files "^[cb][oi][rn][ed].*%.c$" do
    functions(read(path), function(first, last, signature, comment)
      if last - first >= C_FUNCTION and not explains_its_length(comment) then
        report("%s:%d: %d lines: %s", path, first, last - first + 1, signature)
      end
    end)
  end
end)

rule("a function that Lua calls has at most " .. BINDING .. " lines, or a comment that says why it is long",
  function(report)
    for path in files "^bindings/.*%.c$" do
      functions(read(path), function(first, last, signature, comment)
        local called = signature:match "^static int [%w_]+%(lua_State %*L%) {"
        if called and last - first >= BINDING and not explains_its_length(comment) then
          report("%s:%d: %d lines: %s", path, first, last - first + 1, signature)
        end
      end)
    end
  end)

-- ---- names

local header = read "core/kalito.h"
local declared = {}
for name in header:gmatch "KAL_API[^;]-%f[%w_](kal_[%w_]+)%(" do declared[name] = true end
local listed = {}
for _, name in ipairs(names.public) do listed[name] = (listed[name] or 0) + 1 end

rule("tests/names.lua lists every public function of core/kalito.h, once, and no other", function(report)
  for name in pairs(declared) do
    if not listed[name] then report("%s is not listed", name) end
  end
  for name, times in pairs(listed) do
    if not declared[name] then report("%s is listed, but not declared", name) end
    if times > 1 then report("%s is listed %d times", name, times) end
  end
end)

rule("every public function has a comment above it or above its group", function(report)
  local commented, inside, body = false, false, false
  for line in lines(header) do
    if line:match "^/%*" then inside = true end
    if inside then
      if line:match "%*/" then commented, inside = true, false end
    elseif line:match "^typedef.*{$" or line:match "^#define" then
      body = line:match "{$" ~= nil
    elseif line:match "^}" then
      body = false
    elseif not body then
      local name = line:match "^KAL_API.-%f[%w_](kal_[%w_]+)%("
      if name and not commented then report("%s", name) end
      if line:match "^/%* %-%-%-%-" then commented = false end
    end
    if line:match "^/%* %-%-%-%-" then commented = false end
  end
end)

rule("every public function is bound, or listed in tests/names.lua with the reason why not", function(report)
  local code = {}
  for path in files "^bindings/.*%.[ch]$" do code[#code + 1] = bare(read(path)) end
  code = table.concat(code, "\n")
  for name in pairs(declared) do
    local bound = code:match("%f[%w_]" .. name .. "%f[^%w_]")
    if not bound and not names.unbound[name] then report("%s is not bound", name) end
    if bound and names.unbound[name] then report("%s is listed as not bound, but is", name) end
  end
  for name in pairs(names.unbound) do
    if not declared[name] then report("%s is listed as not bound, but not declared", name) end
  end
end)

rule("one noun has one name: a file of the core, a file of the bindings, a table in Lua", function(report)
  for _, noun in ipairs { "session", "message", "persona", "summary", "pin" } do
    for _, path in ipairs { "core/" .. noun .. ".c", "bindings/" .. noun .. ".c" } do
      if not read(path) then report("%s is missing", path) end
    end
    for _, verb in ipairs { "add", "get", "set", "del", "find", "count" } do
      local name = ("kal_%s_%s"):format(noun, verb)
      if not declared[name] then report("%s is missing", name) end
    end
  end
end)

-- ---- scripts

local function length_of_lua(report, pattern, most)
  for path in files(pattern) do
    local text = read(path)
    local _, n = text:gsub("\n", "")
    if n > most and not explains_its_length(opening_comment(text)) then report("%s has %d lines", path, n) end
  end
end

rule("a policy has at most " .. POLICY .. " lines, or says in its first line why it is long", function(report)
  length_of_lua(report, "^scripts/policies/.*%.lua$", POLICY)
end)

rule("a command has at most " .. COMMAND .. " lines, or says in its first line why it is long", function(report)
  length_of_lua(report, "^scripts/commands/.*%.lua$", COMMAND)
end)

local function without_comments(text)
  return (text:gsub("%-%-%[%[.-%]%]", ""):gsub("%-%-[^\n]*", ""))
end

rule("no shipped script uses __concat", function(report)
  for path in files "^scripts/.*%.lua$" do
    if without_comments(read(path)):match "__concat" then report("%s", path) end
  end
end)

rule("shipped scripts require nothing but kalito, and what there is of it", function(report)
  for path in files "^scripts/.*%.lua$" do
    for module in without_comments(read(path)):gmatch "require%s*%(?%s*[\"']([^\"']+)[\"']%s*%f[^%s.]" do
      local part = module:match "^kalito%.(.+)$"
      if module ~= "kalito" and not part then report("%s requires %s", path, module) end
      if part and not read(("scripts/lib/%s.lua"):format((part:gsub("%.", "/")))) then
        report("%s requires %s, which is not there", path, module)
      end
    end
  end
end)

rule("policies use no clock, no randomness, no files and no other module", function(report)
  for path in files "^scripts/policies/.*%.lua$" do
    local code = without_comments(read(path)):gsub('\\"', ""):gsub('"[^"\n]*"', '""'):gsub("%[%[.-%]%]", '""')
    for _, word in ipairs { "os%.%a+", "io%.%a+", "math%.random", "require", "debug%.%a+" } do
      local found = code:match("%f[%w_.]" .. word)
      if found then report("%s uses %s", path, found) end
    end
  end
end)

-- ---- the tree

rule("the top of the tree holds what was agreed and nothing else", function(report)
  local agreed = { ["CMakeLists.txt"] = 1, ["README.md"] = 1, LICENSE = 1, ["CMakePresets.json"] = 1, schema = 1,
    core = 1, bindings = 1, scripts = 1, tests = 1 }
  local seen = {}
  for _, path in ipairs(tracked) do
    local top = path:match "^[^/]+"
    if not agreed[top] and not top:match "^%." and not seen[top] then report("%s", top) end
    seen[top] = true
  end
  for top in pairs(agreed) do
    if not seen[top] then report("%s is missing", top) end
  end
end)

rule("core, bindings, scripts and tests have a README.md of 10 to 30 lines, sections aside", function(report)
  for _, folder in ipairs { "core", "bindings", "scripts", "tests" } do
    local text = read(folder .. "/README.md")
    local _, n = (text or ""):gsub("\n## .*", "\n"):gsub("\n", "")
    if n < 10 or n > 30 then report("%s/README.md has %d", folder, n) end
  end
end)

rule("nothing is left to do, and no path of one machine stands in the files", function(report)
  local words = { "TO" .. "DO", "FIX" .. "ME", "X" .. "XX%f[%W]", "/ro" .. "ot/" }
  for path in files "." do
    local text = read(path)
    -- An attack on the jail may try paths; sample conversations may talk about anything.
    if not path:match "^tests/fault/jail/" and not path:match "%.jsonl$" then
      for _, word in ipairs(words) do
        local found = text:match("%f[%w/]" .. word)
        if found and not (found == "XXX" and path:match "^tests/") then report("%s: %s", path, found) end
      end
    end
  end
end)

rule("migrations are numbered without gaps, and no trigger fires on inserting a message", function(report)
  local n = 0
  for path in files "^schema/" do
    n = n + 1
    if not path:match(("^schema/%04d_[%%w_]+%%.sql$"):format(n)) then report("%s", path) end
    if read(path):upper():match "INSERT%s+ON%s+MESSAGES" then report("%s: a trigger", path) end
  end
end)

-- ---- what is built

local compiled = build .. "/CMakeFiles/core.dir/core/"
local objects = {}
for path in files "^core/.*%.c$" do
  local object = compiled .. path:match "^core/(.*)" .. ".o"
  local file = io.open(object)
  if file then objects[#objects + 1] = object end
  if file then file:close() end
end
local sentence = "the core has no variable that outlives a call"
if #objects == 0 then
  skip(sentence, "no build in " .. build)
else
  rule(sentence, function(report)
    for _, object in ipairs(objects) do
      for _, line in ipairs(lines_of("objdump -t " .. object)) do
        local section, size, name = line:match "^%x+ .......%s+(%S+)%s+(%x+)%s+(.+)$"
        local writable = section and (section:match "^%.t?bss" or section:match "^%.t?data" or section == "*COM*")
        if writable and not section:match "^%.data%.rel%.ro" and tonumber(size, 16) > 0 then
          report("%s: %s in %s", object:match "[^/]+$", name, section)
        end
      end
    end
  end)
end

local layers = { "text", "redact", "store", "search", "recall", "context", "care" }
sentence = "a folder of the core calls none that stands above it: " .. table.concat(layers, ", ")
if #objects == 0 then
  skip(sentence, "no build in " .. build)
else
  rule(sentence, function(report)
    local level, home = {}, {}
    for i, layer in ipairs(layers) do level[layer] = i end
    local function symbols(object, kind)
      local list = {}
      local pattern = "%s" .. kind .. " (kal[%w_]*)$"
      for _, line in ipairs(lines_of("nm " .. object)) do list[#list + 1] = line:match(pattern) end
      return ipairs(list)
    end
    for path in files "^core/.+/" do
      local folder = path:match "^core/([^/]+)/"
      if not level[folder] then report("core/%s has no place in the order", folder) end
    end
    local function level_of(object) -- the seam stands below all that use the store
      local path = object:sub(#compiled + 1)
      return level[path:match "^sqlite" and "store" or path:match "^(.-)/"]
    end
    for _, object in ipairs(objects) do
      for _, name in symbols(object, "[TDR]") do home[name] = level_of(object) end
    end
    for _, object in ipairs(objects) do
      local own = level_of(object)
      for _, name in symbols(object, "U") do
        if own and home[name] and home[name] > own then
          report("%s calls %s of %s", object:sub(#compiled + 1, -3), name, layers[home[name]])
        end
      end
    end
  end)
end

-- Every function that can be reached from the module and a store, by its path.
local function callables(kalito)
  local found, visited = {}, {}
  local function walk(path, value)
    if type(value) == "function" then
      found[path] = true
    elseif type(value) == "table" and not visited[value] then
      visited[value] = true
      for key, inner in pairs(value) do
        if type(key) == "string" and not key:match "^_" then walk(path .. "." .. key, inner) end
      end
    end
  end
  walk("kalito", kalito)
  for _, part in ipairs { "script", "policy", "config" } do walk("kalito." .. part, kalito[part]) end
  local db <close> = assert(kalito.open(":memory:", { create = true }))
  local parts = {}
  for name, part in pairs(db) do parts[name] = part end
  walk("db", parts)
  return found
end

local stubs = {}
for path in files "^scripts/meta/.*%.lua$" do
  for name in read(path):gmatch "\nfunction ([%w_.:]+)%(" do stubs[name:gsub(":", ".")] = true end
  for class, body in read(path):gmatch "%-%-%-@class ([%w_.]+)[^\n]*\n(.-)\n\n" do
    for name in body:gmatch "%-%-%-@field ([%w_]+)%??%s+fun" do stubs[class .. "." .. name] = true end
  end
end

sentence = "every callable has its stub in scripts/meta, and every stub of the module is callable"
package.cpath = build .. "/lua/?.so;" .. package.cpath
local loaded, kalito = pcall(require, "kalito")
if not read "scripts/meta/kalito.lua" then
  skip(sentence, "there are no stubs yet")
elseif not loaded then
  skip(sentence, "no module in " .. build)
else
  rule(sentence, function(report)
    local found = callables(kalito)
    for path in pairs(found) do
      if not stubs[path] and not names.internal[path] and not names.internal[path:match "^[^.]+%.[^.]+"] then
        report("%s has no stub", path)
      end
    end
    for path in pairs(stubs) do
      local top = path:match "^(kalito%.[%w_]+)$" or path:match "^(db%..+)$"
      if top and not found[path] then report("%s is described, but cannot be called", path) end
    end
    for path in pairs(names.internal) do
      if stubs[path] then report("%s is listed as internal, but described", path) end
    end
  end)
end

print("1.." .. count)
os.exit(bad == 0)
