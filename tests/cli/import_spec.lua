-- kalito import: files, standard input, bad input, memory, interruption.
local command = dofile "tests/fixtures/command.lua"

local long = os.getenv "KALITO_LONG" == "1"

local function chat(n, session, from)
  local out = {}
  for i = from or 1, n do
    out[#out + 1] = ('{"session":"%s","role":"%s","text":"message %d of a long talk about nothing"}\n'):format(
      session or "A", i % 2 == 0 and "assistant" or "user", i)
  end
  return table.concat(out)
end

describe("kalito import", function()
  local f
  before_each(function() f = command.folder() end)
  after_each(function() f:remove() end)

  local function messages(name)
    local _, out = f:run("--db", name or "test.db", "stats", "--json")
    return tonumber(out:match '"messages":(%d+)')
  end

  it("imports the sample, making the database, and adds nothing the second time", function()
    local sample = command.quote(io.popen("pwd"):read "l" .. "/scripts/examples/sample.jsonl")
    local status, out, err = f:shell("kalito import " .. sample)
    assert.are.same({ 0, "imported 2 sessions, 400 messages; skipped 0\n", "" }, { status, out, err })
    status, out, err = f:shell("kalito import " .. sample)
    assert.are.same({ 0, "imported 0 sessions, 0 messages; skipped 0\n", "400 lines were there already\n" },
      { status, out, err })
    assert.are.equal(400, messages())
  end)

  it("reads standard input, and several files at once", function()
    f:write("a.jsonl", chat(3, "A"))
    f:write("b.jsonl", chat(4, "B"))
    local _, out = f:shell "cat a.jsonl | kalito import -"
    assert.are.equal("imported 1 session, 3 messages; skipped 0\n", out)
    _, out = f:shell "kalito import a.jsonl b.jsonl"
    assert.are.equal("imported 1 session, 4 messages; skipped 0\n", out)
  end)

  it("gives the counts as JSON", function()
    f:write("a.jsonl", chat(3) .. "{\n")
    local _, out = f:run("import", "--json", "a.jsonl")
    assert.is_truthy(out:find '"messages":3' and out:find '"sessions":1' and out:find '"skipped":1')
  end)

  local bad = {
    ["{"] = "is not JSON",
    ['{"session":"A","role":"user","text":"x"} x'] = "is not JSON",
    ['["A","user","x"]'] = "is not a JSON object",
    ['{"role":"user","text":"x"}'] = "session is missing",
    ['{"session":"A","text":"x"}'] = "message.role is missing",
    ['{"session":"A","role":"bot","text":"x"}'] = "message.role must be one of: user assistant system tool; got 'bot'",
    ['{"session":"A","role":"user"}'] = "message.text is missing",
    ['{"session":"A","role":"user","text":""}'] = "message.text is empty",
    ['{"session":"A","role":"user","text":"a\\u0000b"}'] = "is not JSON",
    ['{"session":"A","role":"user","text":"a\255b"}'] = "is not JSON: unable to decode byte 0xff",
    ['{"session":"A","role":"user","text":7.5}'] = "'text' must be a string, got number",
    ['{"session":"A","role":"user","text":"x","importance":1.5}'] = "message.importance must be between 0 and 1",
    ['{"session":"A","role":"user","text":"x","importance":NaN}'] = "is not JSON",
    ['{"session":"A","role":"user","text":"x","importance":"high"}'] = "'importance' must be a number, got string",
    ['{"session":"A","role":"user","text":"x","created_at":"noon"}'] = 'created_at is not a time: "noon"',
    ['{"session":"A","role":"user","text":"x","id":{}}'] = "id must be a text",
    ['{"session":"A","role":"user","text":"x","text":"y"}'] = "is not JSON: duplicate object key",
  }

  it("names each kind of bad line, skips and counts it", function()
    for text, problem in pairs(bad) do
      f:write("a.jsonl", chat(2) .. text .. "\n" .. chat(3, "A", 3))
      local status, out, err = f:run("--db", ":memory:", "import", "a.jsonl")
      assert.are.equal(0, status, text)
      assert.are.equal("imported 1 session, 3 messages; skipped 1\n", out, text)
      assert.are.equal("a.jsonl:3: " .. problem, err:sub(1, 11 + #problem), text)
      assert.are.equal(1, select(2, err:gsub("\n", "")), text)
    end
  end)

  it("passes over a message of 100 MB and one byte too much", function()
    f:shell [[{ printf '{"session":"A","role":"user","text":"'; head -c 104857600 /dev/zero | tr '\0' x; echo '"}';
      printf '{"session":"A","role":"user","text":"'; head -c 16777217 /dev/zero | tr '\0' x; echo '"}'
      echo '{"session":"A","role":"user","text":"good"}'; } >big.jsonl]]
    local status, out, err = f:run("import", "big.jsonl")
    assert.are.equal(0, status)
    assert.are.equal("imported 1 session, 1 message; skipped 2\n", out)
    assert.is_truthy(err:find("big.jsonl:1: the line has 104857639 bytes, more than a message may have", 1, true))
    assert.is_truthy(err:find("big.jsonl:2: message.text has 16777217 bytes, the limit is 16777216", 1, true))
  end)

  it("says what unknown fields it ignored", function()
    f:write("a.jsonl", '{"session":"A","role":"user","text":"x","mood":1,"tone":2}\n'
      .. '{"session":"A","role":"user","text":"x","mood":1}\n')
    local _, _, err = f:run("import", "a.jsonl")
    assert.are.equal("unknown fields were ignored: mood (2), tone (1)\n", err)
    _, _, err = f:run("import", "--quiet", "a.jsonl")
    assert.are.equal("", err)
  end)

  it("fails when no line was good, and leaves no session", function()
    f:write("a.bin", ("\0\1\2\255\n"):rep(3))
    local status, out = f:run("import", "a.bin")
    assert.are.equal(1, status)
    assert.are.equal("imported 0 sessions, 0 messages; skipped 3\n", out)
    assert.are.equal(0, messages())
  end)

  it("fails on files that are not there or no files, before it makes a database", function()
    f:write("a.jsonl", chat(1))
    for words, expected in pairs { ["import none.jsonl"] = 3, ["import a.jsonl none.jsonl"] = 3, ["import ."] = 1,
      ["import"] = 2, ["import a.jsonl --into nobody"] = 3, ["import a.jsonl --form x"] = 2 } do
      local status, out, err = f:shell("kalito " .. words)
      assert.are.equal(expected, status, words)
      assert.are.equal("", out)
      assert.is_truthy(err:find "^kalito: ", words)
    end
    assert.is_nil(f:read "test.db")
  end)

  it("puts everything into one session with --into", function()
    f:write("a.jsonl", chat(2, "A") .. chat(2, "B"))
    f:shell "kalito init --no-personas && kalito session new All"
    local _, out = f:run("import", "--into", "All", "a.jsonl")
    assert.are.equal("imported 0 sessions, 4 messages; skipped 0\n", out)
    _, out = f:run("import", "--into", "All", "a.jsonl")
    assert.are.equal("imported 0 sessions, 0 messages; skipped 0\n", out)
    f:shell "kalito export All >all.jsonl"
    local status, _, err = f:run("import", "--into", "All", "all.jsonl")
    assert.are.equal(2, status)
    assert.is_truthy(err:find "%-%-into is for plain lines")
  end)

  describe("--strict", function()
    it("names all bad lines of all files, and writes nothing", function()
      f:write("a.jsonl", chat(1500) .. "{\n" .. chat(1501, "A", 1501) .. '{"session":"A","role":"x","text":"y"}\n')
      f:write("b.jsonl", "17\n")
      local status, out, err = f:run("import", "--strict", "a.jsonl", "b.jsonl")
      assert.are.same({ 1, "" }, { status, out })
      assert.is_truthy(err:find "a.jsonl:1501: is not JSON" and err:find "a.jsonl:1503: message.role"
        and err:find "b.jsonl:1: is not a JSON object")
      assert.is_truthy(err:find "kalito: 3 bad lines: nothing was imported\n$")
      assert.is_nil(f:read "test.db")
    end)

    it("imports what has no bad line, standard input too", function()
      f:write("a.jsonl", chat(1500))
      local _, out = f:run("import", "--strict", "a.jsonl")
      assert.are.equal("imported 1 session, 1500 messages; skipped 0\n", out)
      _, out = f:shell "kalito --db b.db import --strict - <a.jsonl"
      assert.are.equal("imported 1 session, 1500 messages; skipped 0\n", out)
      local status, _, err = f:shell "{ cat a.jsonl; echo '{'; } | kalito --db c.db import --strict -"
      assert.are.equal(1, status)
      assert.is_truthy(err:find "stdin:1501: is not JSON")
      assert.is_nil(f:read "c.db")
    end)
  end)

  it("reads a file larger than the memory it may have", function()
    local size = long and 1000 or 50
    f:write("part.jsonl", (chat(2000):gsub("nothing", ("nothing "):rep(60))))
    local bytes = #f:read "part.jsonl"
    local times = (size << 20) // bytes + 1
    f:shell(("n=0; while [ $n -lt %d ]; do cat part.jsonl; n=$((n+1)); done >big.jsonl"):format(times))
    -- A program under the address sanitizer cannot even start so.
    local limit = f:shell "ulimit -v 65536; kalito --version" == 0 and "ulimit -v 65536; " or ""
    local status, out = f:shell(limit .. "kalito import big.jsonl")
    assert.are.equal(0, status)
    assert.are.equal(2000 * times, tonumber(out:match "(%d+) messages; skipped 0"))
  end)

  it("ends at Ctrl-C with what it had committed, and goes on from there", function()
    f:write("a.jsonl", chat(6000))
    f:shell "head -n 4500 a.jsonl >part.jsonl; mkfifo pipe"
    local status, out = f:shell [[
      "$KALITO" import pipe 2>said & job=$!
      { cat part.jsonl; sleep 20 & echo $! >sleeper; wait; } >pipe & feeder=$!
      n=0; while [ $n -lt 100 ]; do
        kalito stats --json 2>/dev/null | grep -q '"messages":[34]000' && break; sleep 0.1; n=$((n+1))
      done
      kill -INT $job; wait $job; status=$?
      kill $(cat sleeper) $feeder 2>/dev/null
      exit $status]]
    assert.are.equal("", out)
    assert.are.equal(130, status)
    local said = f:read "said"
    local n = said:match "^kalito: interrupted; before that: imported 1 session, (%d+) messages; skipped 0\n$"
    n = tonumber(n)
    assert.is_truthy(n, said)
    assert.are.equal(0, n % 1000)
    assert.is_true(n >= 3000)
    assert.are.equal(n, messages())
    out = select(2, f:run("import", "a.jsonl"))
    assert.are.equal(("imported 0 sessions, %d messages; skipped 0\n"):format(6000 - n), out)
  end)

  it("says what it had committed when the file cannot grow", function()
    f:write("a.jsonl", chat(20000))
    local status, out, err = f:shell "trap '' XFSZ; ulimit -f 4000; kalito import a.jsonl"
    assert.are.same({ 1, "" }, { status, out })
    local n = tonumber(err:match "before that: imported 1 session, (%d+) messages; skipped 0\n$")
    assert.is_truthy(n, err)
    assert.are.equal(n, messages())
    assert.are.equal(0, n % 1000)
    out = select(2, f:run("import", "a.jsonl"))
    assert.are.equal(("imported 0 sessions, %d messages; skipped 0\n"):format(20000 - n), out)
  end)

  it("does not read the database itself, which would drop its locks", function()
    f:shell "kalito init"
    local status, _, err = f:shell "kalito import ./test.db"
    assert.are.equal(2, status)
    assert.is_truthy(err:find("test.db: is the database itself", 1, true))
  end)

  it("stores the messages and fails when nobody reads its line", function()
    f:write("a.jsonl", chat(3))
    local status, _, err = f:shell "kalito import a.jsonl >&-"
    assert.are.equal(1, status)
    assert.is_truthy(err:find "^kalito: cannot write to standard output")
    assert.are.equal(3, messages())
  end)
end)
