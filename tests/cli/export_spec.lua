-- kalito export: what it writes and where, and what happens when that cannot be written.
local command = dofile "tests/fixtures/command.lua"

describe("kalito export", function()
  local f
  before_each(function()
    f = command.folder()
    f:shell [[kalito init; kalito session new Trip; kalito session new Other --persona coder
      kalito add Trip 'Where did we park? 漢字 "quoted" \n'; kalito add Trip --role assistant 'Level 3'
      kalito add Other Hello; kalito pin add Trip 'Level 3' --source 2]]
  end)
  after_each(function() f:remove() end)

  local function kinds(text)
    local count = {}
    for kind in text:gmatch '\n{"kind":"(%a+)"' do count[kind] = (count[kind] or 0) + 1 end
    return count
  end

  it("writes a session with its persona, or everything", function()
    local status, out, err = f:run("export", "Trip")
    assert.are.same({ 0, "" }, { status, err })
    assert.are.equal('{"kalito":1,', out:sub(1, 12))
    assert.are.same({ persona = 1, session = 1, message = 2, pin = 1 }, kinds(out))
    status, out = f:run("export", "--all")
    assert.are.equal(0, status)
    assert.are.same({ persona = 4, session = 2, message = 3, pin = 1 }, kinds(out))
  end)

  it("is read back to the same content", function()
    f:shell "kalito export --all >a.jsonl; kalito --db b.db import a.jsonl; kalito --db b.db export --all >b.jsonl"
    assert.are.equal(f:read("a.jsonl"):match "\n.*", f:read("b.jsonl"):match "\n.*")
    local status, out = f:shell "kalito export --all | kalito --db c.db import --strict -"
    assert.are.same({ 0, "imported 2 sessions, 3 messages; skipped 0\n" }, { status, out })
  end)

  it("writes to a file, whole or not at all", function()
    local status, out = f:run("export", "--all", "--output", "a.jsonl")
    assert.are.same({ 0, "" }, { status, out })
    assert.are.same(kinds(select(2, f:run("export", "--all"))), kinds(f:read "a.jsonl"))
    assert.is_nil(f:read "a.jsonl.part")
    f:write("b.jsonl", "before")
    status = f:shell "trap '' XFSZ; ulimit -f 0; kalito export --all --output b.jsonl"
    assert.are.equal(1, status)
    assert.are.equal("before", f:read "b.jsonl")
    assert.is_nil(f:read "b.jsonl.part")
  end)

  it("refuses to write over the database or a folder, and leaves devices devices", function()
    local before = f:read "test.db"
    assert.are.equal(2, (f:run("export", "--all", "--output", "test.db")))
    assert.are.equal(2, (f:run("export", "--all", "--output", "./test.db")))
    assert.are.equal(1, (f:run("export", "--all", "--output", ".")))
    assert.are.equal(1, (f:run("export", "--all", "--output", "none/a.jsonl")))
    assert.are.equal(before, f:read "test.db")
    f:shell "mkfifo pipe; cat pipe >got & kalito export --all --output pipe; wait"
    assert.are.same({ persona = 4, session = 2, message = 3, pin = 1 }, kinds(f:read "got"))
    assert.are.equal(0, (f:shell "test -p pipe"))
  end)

  it("fails in one line when it cannot write, and without a word when nobody reads any more", function()
    for _, line in ipairs { "kalito export --all >&-", "kalito export --all >/dev/full" } do
      local status, _, err = f:shell(line)
      assert.are.equal(1, status, line)
      assert.is_truthy(err:find "^kalito: cannot write to standard output: [^\n]*\n$", err)
    end
    f:write("many.jsonl", ('{"session":"L","role":"user","text":"many words"}\n'):rep(2000))
    f:run("import", "many.jsonl")
    local _, _, err = f:shell "{ kalito export --all; echo $? >status; } | head -c 1"
    assert.are.same({ "1\n", "" }, { f:read "status", err })
  end)

  it("asks for a session or --all, and knows when there is none", function()
    assert.are.equal(2, (f:run "export"))
    assert.are.equal(2, (f:run("export", "Trip", "--all")))
    assert.are.equal(3, (f:run("export", "Nobody")))
    assert.are.equal(3, (f:run("--db", "none.db", "export", "--all")))
    assert.is_nil(f:read "none.db")
  end)
end)
