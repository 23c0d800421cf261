-- embed.lua: turns files into C arrays at build time. Run by CMake with lua5.4.
--   lua5.4 embed.lua schema OUT.c FILE.sql...     the numbered migrations of the core
--   lua5.4 embed.lua scripts OUT.c ROOT FILE...   the shipped Lua files, by their path below ROOT

local function read(path)
  local f = assert(io.open(path, "rb"))
  local text = f:read "a"
  f:close()
  return text
end

-- Numbers instead of a string literal: C11 promises no more than 4095 characters in one.
local function array(text)
  local out, line = {}, {}
  for i = 1, #text do
    local byte = text:byte(i)
    line[#line + 1] = byte < 128 and byte or byte - 256
    if #line == 32 then
      out[#out + 1] = table.concat(line, ",")
      line = {}
    end
  end
  line[#line + 1] = 0
  out[#out + 1] = table.concat(line, ",")
  return table.concat(out, ",\n")
end

local emit = {}

function emit.schema(out, files)
  out:write '#include "internal.h"\n'
  local rows = {}
  for i, path in ipairs(files) do
    local number, name = path:match "(%d+)_([%w_]+)%.sql$"
    assert(tonumber(number) == i, path .. ": migrations are numbered from 1 without gaps")
    out:write("static const char sql_", i, "[] = {\n", array(read(path)), "};\n")
    rows[i] = ('    {%d, "%s", sql_%d},\n'):format(i, name, i)
  end
  out:write("const kali_migration kali_migrations[] = {\n", table.concat(rows), "};\n")
  out:write("const size_t kali_migration_count = ", #files, ";\n")
end

-- The layer kalito.*, which is no user's to replace, is embedded compiled: it loads in a ninth of the time.
-- Names of lines and variables stay in it, so that errors read the same. What policies build on stays source: the jail
-- loads nothing else.
local built_on = { ["lib/terms"] = true, ["lib/extract"] = true, ["lib/dialogue"] = true }

local function compile(name, text)
  if name ~= "main" and not name:find "^lib/" or built_on[name] then return nil end
  return string.dump(assert(load(text, "@kalito/" .. name .. ".lua")))
end

-- What every command needs, and those that add messages and build contexts, is not packed: unpacking takes time.
local at_start = {}
for name in ([[config conversation init memory/contexts memory/copies memory/pins memory/recall
  memory/scoring memory/trace_items persona persona/behaviour persona/file policy policy/calling
  policy/choice policy/contract policy/loader resolve script terminal/args terminal/layout terminal/print
  transaction transfer/output words]]):gmatch "%S+" do
  at_start["lib/" .. name] = true
end
at_start.main = true

-- A half to a third of its size.
local function pack(data)
  local path = os.tmpname()
  local f = assert(io.open(path, "wb"))
  assert(f:write(data))
  assert(f:close())
  local pipe = assert(io.popen("gzip -9nc '" .. path .. "'", "r"))
  local packed = pipe:read "a"
  assert(pipe:close() and #packed > 0, "gzip failed")
  os.remove(path)
  return packed
end

function emit.scripts(out, files)
  out:write '#include "embedded.h"\n'
  local root = table.remove(files, 1)
  local rows = {}
  table.sort(files)
  for i, path in ipairs(files) do
    local name = path:sub(#root + 2):gsub("%.lua$", "")
    local text = read(path)
    local code = compile(name, text)
    local whole = code or text
    local data = at_start[name] and whole or pack(whole)
    out:write("static const char data_", i, "[] = {\n", array(data), "};\n")
    rows[i] = ('    {"%s", data_%d, %d, %d, %s, %s},\n'):format(name, i, #data, #whole, tostring(code ~= nil),
      tostring(not at_start[name]))
  end
  out:write("const kalb_script kalb_scripts[] = {\n", table.concat(rows), "};\n")
  out:write("const size_t kalb_script_count = ", #files, ";\n")
end

local kind, path = arg[1], arg[2]
local out = assert(io.open(path, "wb"))
emit[kind](out, table.move(arg, 3, #arg, 1, {}))
out:close()
