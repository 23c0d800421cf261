-- build: test
-- What the command line says of itself: --help, and what is wrong with a command line.
local command = dofile "tests/fixtures/command.lua"

describe("the command line", function()
  local f
  before_each(function() f = command.folder() end)
  after_each(function() f:remove() end)

  local function fails(status, wanted, ...)
    local code, out, err = f:run(...)
    assert.are.same({ status, "", wanted }, { code, out, err })
  end

  -- Every command with its subcommands: "session list".
  local function commands()
    local list = {}
    local function add(prefix)
      local _, out = f:shell("kalito " .. prefix .. " --help")
      for name in ((out:match "\nCommands:\n(.-)\n\n" or "") .. "\n"):gmatch "  (%l+)  [^\n]*\n" do
        local full = prefix .. name
        list[#list + 1] = full
        if prefix == "" then add(full .. " ") end
      end
    end
    add ""
    return list
  end

  it("tells of every command in lines that fit, with an example or the names of more", function()
    local list = commands()
    assert.is_true(#list > 60)
    local script = {}
    for i, name in ipairs(list) do script[i] = ("echo '@ %s'; kalito %s --help"):format(name, name) end
    local status, out = f:shell("export COLUMNS=80; " .. table.concat(script, "; "))
    assert.are.equal(0, status)
    local seen = 0
    for name, text in out:gmatch "@ ([%l ]+)\n([^@]*)" do
      seen = seen + 1
      assert.is_truthy(text:find("^Usage: kalito " .. name), name)
      assert.is_truthy(text:find "\nExample:\n" or text:find "COMMAND %-%-help\n$", name)
      for line in text:gsub("\nExample:.*", ""):gmatch "[^\n]+" do assert.is_true(#line <= 80, name .. ": " .. line) end
    end
    assert.are.equal(#list, seen)
  end)

  it("goes on below where a text began, and lets lines at the margin flow together", function()
    local _, out = f:shell "COLUMNS=60 kalito redact --help"
    assert.is_truthy(out:find("\non     from now on, whoever opens this database, they are\n       replaced", 1, true))
    assert.is_truthy(out:find("\nWords of your own: redact = { \"Elm Street 5\", ... } in\nconfig.lua, for", 1, true))
    _, out = f:shell "COLUMNS=60 kalito backup --help"
    assert.is_truthy(out:find("\n  [Timer]\n  OnCalendar=daily\n", 1, true))
    _, out = f:shell "COLUMNS=40 kalito add --help"
    assert.is_truthy(out:find("\n  --importance NUMBER\n      0 to 1; otherwise the score policy\n      decides\n",
      1, true))
  end)

  it("says the same to help as to --help", function()
    local _, all = f:run "--help"
    assert.are.same({ 0, all, "" }, { f:run "help" })
    assert.is_truthy(all:find "\nOf each command there is more: kalito COMMAND %-%-help\n")
    local _, own = f:run("session", "list", "-h")
    assert.are.same({ 0, own, "" }, { f:run("help", "session", "list") })
  end)

  it("names what was most likely meant", function()
    fails(2, "kalito: unknown command 'sesion' (did you mean 'session'?)\nSee kalito --help\n", "sesion")
    fails(2, "kalito: unknown command 'hepl' (did you mean 'help'?)\nSee kalito --help\n", "hepl")
    fails(2, "kalito: unknown command 'version' (did you mean '--version'?)\nSee kalito --help\n", "version")
    fails(2, "kalito: unknown subcommand 'lsit' (did you mean 'list'?)\nSee kalito session --help\n", "session", "lsit")
    fails(2, "kalito: unknown option --jsn (did you mean --json?)\nSee kalito --help\n", "--jsn")
    fails(2, "kalito: unknown command 'xyzzy'\nSee kalito --help\n", "xyzzy")
  end)

  it("takes a path for a file", function()
    fails(3, "kalito: report.lua: no such file\n", "report.lua")
    fails(3, "kalito: ./report: no such file\n", "./report")
  end)

  it("shows on standard error which subcommands there are when none is given", function()
    local status, out, err = f:run "session"
    assert.are.same({ 2, "" }, { status, out })
    assert.are.equal(select(2, f:run("session", "--help")), err)
  end)

  it("ends its options at --", function()
    fails(3, "kalito: " .. f.db .. ": no such database (kalito init makes one)\n", "--", "session", "list")
  end)

  it("tells its version with -V as with --version", function()
    local status, out, err = f:run "--version"
    assert.are.same({ 0, "" }, { status, err })
    assert.is_truthy(out:find "^kalito %d+%.%d+%.%d+\n$")
    assert.are.same({ status, out, err }, { f:run "-V" })
  end)
end)
