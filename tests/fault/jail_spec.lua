-- The jail against a corpus of attacks (tests/fault/jail). A script's first line names the outcomes that
-- are acceptable: a code, `load` when it must not even open, `ok` when it may answer. One that answers
-- "ESCAPED" has got something it must not have. KALITO_PROGRAM is the program that becomes the worker
-- (default: the one compiled in), KALITO_UNRESTRICTED one built with KALITO_TEST_UNRESTRICTED, without
-- the interpreter's walls; KALITO_FULL=1 makes the long runs long.

local kalito = require "kalito"
local jail = kalito.jail

local program = os.getenv "KALITO_PROGRAM"
local unrestricted = os.getenv "KALITO_UNRESTRICTED"
local full = os.getenv "KALITO_FULL" == "1"
local here = debug.getinfo(1, "S").source:match "^@(.*)/[^/]*$" or "."

local WATCHDOG = 20 -- seconds of wall time; ten times what a call may take
local GROWTH = 64 * 1024 -- KiB

local message = {
  id = 1, role = "user", text = "Where did we park the car today?", importance_score = 0.5,
  created_at = "2025-01-01T12:00:00.000Z",
}

local function read_command(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "a"
  pipe:close()
  return text
end

local machine = read_command "uname -m":match "%S+"
local context = { now = "2025-01-02T12:00:00.000Z", session = { id = "s", name = "Trip" }, machine = machine }

local function read_file(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "a"
  file:close()
  return text
end

local function own_pid()
  return read_file "/proc/self/stat":match "^%d+"
end

local function resident()
  return tonumber(read_file "/proc/self/status":match "VmRSS:%s+(%d+)")
end

local function descriptors()
  return select(2, read_command("ls /proc/" .. own_pid() .. "/fd"):gsub("\n", ""))
end

local function children()
  local pid = own_pid()
  local list = read_file("/proc/" .. pid .. "/task/" .. pid .. "/children")
  return select(2, list:gsub("%d+", ""))
end

local function corpus(pattern)
  local list = {}
  for name in read_command("ls '" .. here .. "/jail'"):gmatch "([%w_]+)%.lua\n" do
    if name:find(pattern) then list[#list + 1] = name end
  end
  return list
end

-- The script: its source, the outcomes it may have, the results it must have.
local function script(name)
  local text = read_file(here .. "/jail/" .. name .. ".lua")
  local expect = {}
  for word in text:match "^%-%- expect: ([%w|]+)\n":gmatch "%w+" do expect[word] = true end
  if text:find("\n-- generate", 1, true) then text = assert(load(text, "@" .. name))() end
  local result = text:match "\n%-%- result: ([^\n]+)\n"
  return { name = name, source = text, expect = expect, result = result and load("return " .. result)() }
end

local serial = 0

local function open(source, more)
  serial = serial + 1
  local t = { name = "policies/test" .. serial .. ".lua", source = source, program = program }
  for k, v in pairs(more or {}) do t[k] = v end
  return jail.open(t)
end

local function ask(handle, ...)
  local results = table.pack(handle:call("score", ...))
  return results[3] and results[1] == nil and results[3] or "ok", results
end

-- Outcome of the first two calls that is worst, and what they returned.
local function run(case, more)
  local handle, why, code = open(case.source, more)
  if not handle then return "load", { nil, why, code } end
  if not handle:info().functions.score then return "load", { nil, "no function", "policy" } end
  local outcome, results = ask(handle, message, context)
  if outcome == "ok" then outcome, results = ask(handle, message, context) end
  handle:close()
  return outcome, results
end

local codes = { policy = true, limit = true, crashed = true, timeout = true, invalid = true }

local function assert_harmless_text(text)
  assert.is_true(#text <= 512)
  assert.is_truthy(utf8.len(text))
  assert.is_nil(text:find "[%c\127]")
  assert.is_nil(text:find "\xC2[\x80-\x9F]")
  assert.is_nil(text:find("\u{202E}", 1, true))
end

-- A reply that failed: a code that is known, a text that is harmless.
local function assert_failure(results)
  assert.is_truthy(codes[results[3]])
  assert_harmless_text(results[2])
end

local function assert_no_escape(results)
  for i = 1, results.n or 3 do assert.are_not.equal("ESCAPED", results[i]) end
end

local neighbour = assert(open "return { score = function(message) return #message.text / 64 end }")

local function assert_others_unaffected()
  assert.are.equal(0.5, (neighbour:call("score", message, context)))
  local fresh <close> = assert(open "return { score = function(message) return ('x'):rep(3):len() end }")
  assert.are.equal(3, (fresh:call("score", message, context)))
end

local function check_attack(name, more)
  local case = script(name)
  local started, before = os.time(), resident()
  local outcome, results = run(case, more)
  assert.is_true(os.time() - started <= WATCHDOG)
  assert.is_true(resident() - before < GROWTH)
  assert.is_truthy(case.expect[outcome], name .. " ended as " .. outcome .. ": " .. tostring(results[2]))
  if outcome ~= "ok" then assert_failure(results) end
  assert_no_escape(results)
  assert_others_unaffected()
end

describe("the jail", function()
  local before

  lazy_setup(function()
    os.execute "rm -rf /tmp/kalito-escape*"
    neighbour:call("score", message, context)
    collectgarbage()
    before = { descriptors = descriptors(), children = children(), resident = resident() }
  end)

  for _, group in ipairs { "escape", "hang", "gc", "parser", "memory", "crash", "poison", "lie", "terminal" } do
    for _, name in ipairs(corpus("^" .. group .. "_")) do
      it("survives " .. name:gsub("_", " "), function() check_attack(name) end)
    end
  end

  it("has at least ninety attacks and fourteen controls in its corpus", function()
    assert.is_true(#corpus "^%l" - #corpus "^benign_" >= 90)
    assert.is_true(#corpus "^benign_" >= 14)
  end)

  for _, name in ipairs(corpus "^benign_") do
    it("lets " .. name:gsub("_", " ") .. " work", function()
      local case = script(name)
      local handle <close> = assert(open(case.source, { options = { bonus = 0.25 } }))
      local results = table.pack(handle:call("score", message, context))
      local count = results.n
      results.n = nil
      assert.are.same(case.result, results)
      assert.is_true(count >= #case.result)
    end)
  end

  it("leaves no descriptor, process, file or memory behind", function()
    collectgarbage()
    collectgarbage()
    local open_now = read_command("ls -l /proc/" .. own_pid() .. "/fd") -- says which one is left
    -- 300 workers have come and gone: one of a library's own is no leak, which would be one for each of them.
    assert.is_true(descriptors() - before.descriptors <= 1, open_now)
    assert.are.equal(before.children, children())
    assert.are.equal("", read_command "ls -d /tmp/kalito-escape* 2>/dev/null")
    assert.is_true(resident() - before.resident < GROWTH)
  end)
end)

describe("the kernel's side of the jail", function()
  for _, name in ipairs(corpus "^kernel_") do
    it("alone survives " .. name:gsub("_", " "), function()
      if not unrestricted then return pending "KALITO_UNRESTRICTED names no program" end
      check_attack(name, { program = unrestricted })
      assert.are.equal("", read_command "ls -d /tmp/kalito-escape* 2>/dev/null")
    end)
  end

  it("is not needed when memory ends at any point of a call", function()
    if not unrestricted then return pending "KALITO_UNRESTRICTED names no program" end
    local scripts = {
      "local t = {} for i = 1, 40 do t[i] = { i, tostring(i) .. 'x' } end return #t, t[1]",
      "local t = {} for i = 1, 12 do t[i] = { pcall(error, m.text:rep(i)) } end return t[1][2]:gsub('%w', '<%0>')",
      "local t = {} for i = 1, 12 do local x <close> = setmetatable({}, { __close = type }) t[i] = m.text:rep(i) end",
    }
    for number, body in ipairs(scripts) do
      local seen = {}
      for bytes = 0, 9000, full and 8 or 120 do
        local source = ("return { score = function(m) cap_memory(%d) %s end }"):format(bytes, body)
        local handle <close> = assert(open(source, { program = unrestricted }))
        local pid = handle:info().pid
        local outcome, results = ask(handle, message)
        seen[outcome] = (seen[outcome] or 0) + 1
        assert.is_true(outcome == "ok" or outcome == "limit" or outcome == "policy", results[2])
        assert.are.equal(pid, handle:info().pid)
      end
      assert.is_true((seen.limit or 0) > 1, "script " .. number)
      assert.is_true((seen.ok or 0) + (seen.policy or 0) > 1, "script " .. number)
    end
  end)

  it("is complete on this machine", function()
    local status = jail.status { program = program }
    assert.is_true(status.seccomp)
    assert.is_true(status.no_new_privs)
    assert.is_true(status.rlimits)
    assert.is_true(status.isolated)
    assert.is_boolean(status.concat_fault)
    assert.is_truthy(status.lua:find "^Lua 5%.4")
  end)

  it("gives a worker two pipes and no environment", function()
    local leak <close> = assert(io.open("/dev/null"))
    local handle <close> = assert(open "return { score = function() return 1 end }")
    local root = "/proc/" .. handle:info().pid
    local list = read_command("ls " .. root .. "/fd 2>/dev/null")
    if list == "" then return pending "only root may look into a worker" end
    assert.are.equal("0\n1\n", list)
    assert.are.equal("", read_file(root .. "/environ"))
    assert.is_truthy(leak)
  end)

  it("is the same for a worker that runs the shipped text helpers", function()
    local handle <close> = assert(open [[
      return { score = function(message)
        local names = {}
        for name in pairs(kalito.text) do names[#names + 1] = name end
        return #names >= 0
      end }]])
    assert.is_true(handle:call("score", message, context))
  end)
end)

describe("a handle of the jail", function()
  it("tells what the policy says about itself", function()
    local handle <close> = assert(open [[
      return { name = "short", describe = "prefers short messages", defaults = { limit = 7 },
        tests = { { name = "one", given = { text = "x" }, expect = 1 } },
        score = function() return 1 end, update = function() return 2 end }]])
    local info = handle:info()
    assert.are.equal("short", info.name)
    assert.are.equal("prefers short messages", info.describe)
    assert.are.same({ limit = 7 }, info.defaults)
    assert.are.same({ { name = "one", given = { text = "x" }, expect = 1 } }, info.tests)
    assert.are.same({ score = true, update = true }, info.functions)
  end)

  it("reports an error of the policy with its file and line", function()
    local source = "return {\n score = function(m)\n  return m.x.y end }"
    local handle <close> = assert(open(source, { name = "policies/a.lua" }))
    local value, why, code = handle:call("score", message)
    assert.is_nil(value)
    assert.is_truthy(why:find "^policies/a%.lua:3: ")
    assert.are.equal("policy", code)
  end)

  it("reports a syntax error with its file and line", function()
    local handle, why, code = open("return {\n\n oops oops }", { name = "policies/b.lua" })
    assert.is_nil(handle)
    assert.is_truthy(why:find "^policies/b%.lua:3: ")
    assert.are.equal("policy", code)
  end)

  it("cuts long text between characters and says so", function()
    local handle <close> = assert(open "return { score = function(m) return #m.text, m.truncated end }")
    local length, truncated = handle:call("score", { text = "x" .. ("\u{E9}"):rep(40000) })
    assert.are.equal(65535, length)
    assert.is_true(truncated)
    length, truncated = handle:call("score", { text = ("x"):rep(65536) })
    assert.are.equal(65536, length)
    assert.is_nil(truncated)
  end)

  it("does not change the tables it is given", function()
    local handle <close> = assert(open "return { score = function(m) m.text = 'y' m.z = {} return 1 end }")
    local given = { text = "x", list = { 1, 2 } }
    handle:call("score", given, given)
    assert.are.same({ text = "x", list = { 1, 2 } }, given)
  end)

  it("puts the policy out for this run after two failures of the worst kind", function()
    local source = "return { score = function(m) if m.loop then while true do end end return 1 end }"
    local handle <close> = assert(open(source, { name = "policies/q.lua" }))
    assert.are.equal("limit", (select(3, handle:call("score", { loop = true }))))
    assert.are.equal(1, (handle:call("score", {})))
    assert.are.equal("limit", (select(3, handle:call("score", { loop = true }))))
    assert.are.equal("quarantined", (select(3, handle:call("score", {}))))
    assert.are.equal("quarantined", (select(3, open(source, { name = "policies/q.lua" }))))
    local mended <close> = assert(open(source .. " ", { name = "policies/q.lua" }))
    assert.are.equal(1, (mended:call("score", {})))
  end)

  it("starts the worker again when someone else has killed it", function()
    local handle <close> = assert(open "return { score = function(m) return m.id end }")
    for i = 1, 3 do
      local pid = handle:info().pid
      os.execute("kill -9 " .. pid)
      assert.are.equal(i, (handle:call("score", { id = i })))
      assert.are_not.equal(pid, handle:info().pid)
    end
  end)

  it("kills a worker that does not answer and asks a new one", function()
    local handle <close> = assert(open "return { score = function(m) return m.id end }")
    os.execute("kill -STOP " .. handle:info().pid)
    assert.are.equal(7, (handle:call("score", { id = 7 })))
  end)

  it("hands on nothing behind a first nil, so that a failure cannot be feigned", function()
    local handle <close> = assert(open "return { score = function() return nil, '\\27[2J', 'crashed' end }")
    assert.are.same({ n = 1 }, table.pack(handle:call("score", message)))
    assert.are.same({ n = 1 }, handle:batch("score", { { message } })[1])
  end)

  it("raises about misuse", function()
    local handle = assert(open "return { score = function() return 1 end }")
    assert.has_error(function() handle:call "scorn" end)
    assert.has_error(function() handle:call("score", print) end)
    assert.has_error(function() handle:call("score", { [1.5] = 1 }) end)
    assert.has_error(function() handle:call("score", 1, 2, 3, 4, 5, 6, 7, 8, 9) end)
    assert.has_error(function() handle:batch("score", { 1 }) end)
    assert.has_error(function() jail.open { name = "x", sauce = "return {}" } end)
    assert.has_error(function() jail.open { name = "x" } end)
    assert.has_error(function() open("return {}", { options = 1 }) end)
    assert.are.equal(1, (handle:call "score"))
    handle:close()
    handle:close()
    assert.has_error(function() handle:call "score" end)
  end)

  it("refuses arguments that are too large and goes on", function()
    local handle <close> = assert(open "return { score = function() return 1 end }")
    assert.are.equal("too_large", (select(3, handle:call("score", { body = ("x"):rep(9 * 1024 * 1024) }))))
    assert.are.equal(1, (handle:call("score", { body = ("x"):rep(1024 * 1024) })))
  end)

  it("says when no worker can be started, or what starts is none", function()
    assert.are.equal("unavailable", (select(3, open("return {}", { program = "/nonexistent/kalito" }))))
    assert.are.equal("crashed", (select(3, open("return {}", { program = "/bin/false" }))))
    local _, _, code = open("return {}", { program = "/bin/echo" })
    assert.is_true(code == "invalid" or code == "crashed")
  end)

  it("does not grow over many calls", function()
    local count = full and 100000 or 10000
    local handle <close> = assert(open "return { score = function(m) return m.id, { m.text } end }")
    local function calls()
      for i = 1, count do
        local id, reasons = handle:call("score", { id = i, text = "x" }, context)
        if id ~= i or reasons[1] ~= "x" then error("wrong answer in call " .. i) end
      end
      collectgarbage()
      collectgarbage()
    end
    calls() -- the collector's own reserve grows here
    local memory, fds, kids, pid = resident(), descriptors(), children(), handle:info().pid
    calls()
    assert.is_true(resident() - memory < 4 * 1024)
    assert.are.equal(fds, descriptors())
    assert.are.equal(kids, children())
    assert.are.equal(pid, handle:info().pid)
  end)

  it("is closed by the collector when forgotten", function()
    collectgarbage()
    collectgarbage()
    local kids, handles = children(), {}
    for i = 1, 5 do handles[i] = assert(open "return {}") end
    assert.are.equal(kids + #handles, children())
    handles = nil -- luacheck: ignore
    collectgarbage()
    collectgarbage()
    assert.are.equal(kids, children())
  end)
end)

describe("a batch in the jail", function()
  local source = [[
    return { score = function(m)
      if m.role == "error" then error("no " .. m.id) end
      if m.role == "loop" then while true do end end
      if m.role == "hang" then return (("a"):rep(40)):find(("a?"):rep(40) .. ("a"):rep(40)) end
      if m.role == "odd" then return 0 / 0 end
      if m.role == "long" then return ("x"):rep(300000) end
      return m.id, { m.role }
    end }]]

  local function lists(roles)
    local list = {}
    for i, role in ipairs(roles) do list[i] = { { id = i, role = role, text = "hello" }, context } end
    return list
  end

  local function plain(count)
    local roles = {}
    for i = 1, count do roles[i] = "user" end
    return roles
  end

  it("answers what single calls answer", function()
    local handle <close> = assert(open(source))
    local count = full and 100000 or 5000
    local results = handle:batch("score", lists(plain(count)))
    assert.are.equal(count, #results)
    for i, result in ipairs(results) do
      if result.n ~= 2 or result[1] ~= i or result[2][1] ~= "user" then error("element " .. i .. " is wrong") end
    end
    assert.are.same({}, handle:batch("score", {}))
  end)

  it("reports errors at the elements they belong to", function()
    local handle <close> = assert(open(source))
    local roles = plain(700)
    roles[3], roles[600] = "error", "odd"
    local results = handle:batch("score", lists(roles))
    assert.are.equal("policy", results[3][3])
    assert.is_truthy(results[3][2]:find "no 3$")
    assert.are.equal("invalid", results[600][3])
    assert.are.equal(2, results[2][1])
    assert.are.equal(4, results[4][1])
    assert.are.equal(700, results[700][1])
  end)

  it("loses only the element that hangs, and stops at the second", function()
    local handle <close> = assert(open(source))
    local roles = plain(1200)
    roles[5], roles[900] = "hang", "loop"
    local results = handle:batch("score", lists(roles))
    assert.are.equal(1200, #results)
    assert.are.equal("limit", results[5][3])
    assert.are.equal("limit", results[900][3])
    for i = 1, 1200 do
      if i < 900 and i ~= 5 and results[i][1] ~= i then error("element " .. i .. " is wrong") end
      if i > 900 and results[i][3] ~= "quarantined" then error("element " .. i .. " was run") end
    end
  end)

  it("takes replies that fill more than one frame", function()
    local handle <close> = assert(open(source))
    local roles = {}
    for i = 1, 20 do roles[i] = "long" end
    for _, result in ipairs(handle:batch("score", lists(roles))) do assert.are.equal(300000, #result[1]) end
  end)

  it("reports an element that is too large and does the others", function()
    local handle <close> = assert(open(source))
    local list = lists(plain(3))
    list[2][1].body = ("x"):rep(9 * 1024 * 1024)
    local results = handle:batch("score", list)
    assert.are.equal(1, results[1][1])
    assert.are.equal("too_large", results[2][3])
    assert.are.equal(3, results[3][1])
  end)

  it("goes on when the worker is killed in between", function()
    local handle <close> = assert(open(source))
    os.execute("(sleep 0.05; kill -9 " .. handle:info().pid .. ") &")
    for round = 1, full and 20 or 5 do
      local results = handle:batch("score", lists(plain(4000)))
      assert.are.equal(4000, results[4000][1], "round " .. round)
    end
  end)
end)
