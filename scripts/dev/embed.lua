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

local function set(names)
  local out = {}
  for name in names:gmatch "%S+" do out[name] = true end
  return out
end

-- Commands and policies are embedded as source, for those who change a copy; those that programs call again and again
-- compiled, too.
local often = set [[commands/add commands/context commands/recall commands/run commands/search policies/context
  policies/pin policies/recall policies/score words/pin_english words/pin_french words/pin_german words/pin_spanish]]

-- Code that every command needs, and those that add messages and build contexts, is not packed: unpacking takes time.
local at_start = set [[main commands/add commands/context commands/run lib/config lib/conversation lib/folders
  lib/init lib/memory/contexts lib/memory/pins lib/memory/recall lib/memory/scoring lib/persona
  lib/persona/behaviour lib/persona/file lib/policy lib/policy/answers lib/policy/calling lib/policy/choice
  lib/policy/contract lib/policy/loader lib/reading lib/resolve lib/script lib/terminal/args lib/terminal/layout
  lib/terminal/print lib/terminal/table lib/transaction lib/words policies/context policies/recall]]

local function is_layer(name)
  return name == "main" or name:find "^lib/" and not built_on[name]
end

local function compile(name, text)
  return string.dump(assert(load(text, "@kalito/" .. name .. ".lua")))
end

-- core/store/uuid.c: kal_text_hash.
local function hash(text)
  local h = 0x9E3779B97F4A7C15 ~ #text
  for word in (text .. ("\0"):rep(-#text % 8)):gmatch(("."):rep(8)) do
    h = (h ~ string.unpack("=i8", word)) * 0xBF58476D1CE4E5B9
    h = h ~ h >> 29
  end
  h = h * 0x94D049BB133111EB
  return h ~ h >> 32
end

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

-- Adds the data of a piece to the arrays that are written, or to those that come behind them; gives the C value that
-- describes it. What is loaded at a start stands together: fewer pages are touched.
local function piece(arrays, symbol, whole, packed)
  if not whole then return "{NULL, 0, 0}" end
  local data = packed and pack(whole) or whole
  local list = packed and arrays.packed or arrays.whole
  list[#list + 1] = ("static const char %s[] = {\n%s};\n"):format(symbol, array(data))
  return ("{%s, %d, %d}"):format(symbol, #data, #whole)
end

function emit.scripts(out, files)
  out:write '#include "embedded.h"\n'
  local root = table.remove(files, 1)
  local rows, arrays, there = {}, { whole = {}, packed = {} }, {}
  table.sort(files)
  for i, path in ipairs(files) do
    local name = path:sub(#root + 2):gsub("%.lua$", "")
    local text, layer = read(path), is_layer(name)
    there[name] = true
    local code = (layer or often[name]) and compile(name, text)
    rows[i] = ('    {"%s", %s, %s, 0x%xu},\n'):format(name, piece(arrays, "source_" .. i, not layer and text, true),
      piece(arrays, "code_" .. i, code, not at_start[name]), layer and 0 or hash(text))
  end
  for _, list in ipairs { built_on, often, at_start } do
    for name in pairs(list) do assert(there[name], name .. " is listed in embed.lua, and not there") end
  end
  out:write(table.concat(arrays.whole), table.concat(arrays.packed))
  out:write("const kalb_script kalb_scripts[] = {\n", table.concat(rows), "};\n")
  out:write("const size_t kalb_script_count = ", #files, ";\n")
end

local kind, path = arg[1], arg[2]
local out = assert(io.open(path, "wb"))
emit[kind](out, table.move(arg, 3, #arg, 1, {}))
out:close()
