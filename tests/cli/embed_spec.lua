-- kalito embed: what it prints, what it refuses, and what stays when it is interrupted.
local command = dofile "tests/fixtures/command.lua"
local kalito = require "kalito"
local server = dofile "tests/fixtures/server.lua"

local f, s
local function configure(path)
  local text = "return { embedding = 'ollama:bag', providers = { ollama = { base_url = %q } } }"
  f:write("config/kalito/config.lua", text:format(s.url .. path))
end

before_each(function()
  f, s = command.folder(), server.start()
  assert.are.equal(0, (f:shell "mkdir -p config/kalito"))
  configure ""
  local lines = {}
  for i = 1, 40 do
    lines[i] = ('{"session":"Trip","role":"user","text":"The boiler leaks since %s days"}\n'):format(("x"):rep(i))
  end
  f:write("talk.jsonl", table.concat(lines))
  assert.are.equal(0, (f:shell "kalito init; kalito import talk.jsonl"))
end)
after_each(function()
  f:remove()
  s:stop()
end)

describe("kalito embed", function()
  it("embeds what has no vector, with the model of the settings", function()
    local status, out, err = f:run "embed"
    assert.are.same({ 0, "" }, { status, err })
    assert.are.equal("40 messages embedded with ollama:bag, 64 numbers each\n", out)
    status, out = f:run("--json", "embed")
    assert.are.equal(0, status)
    assert.are.same({ model = "ollama:bag", embedded = 0, skipped = 0 }, kalito.json.decode(out))
  end)

  it("takes another model and a number of messages", function()
    local status, out = f:run("embed", "--model", "ollama:bag_other", "--limit", 10)
    assert.are.same({ 0, "10 messages embedded with ollama:bag_other, 64 numbers each\n" }, { status, out })
  end)

  it("needs a model", function()
    f:write("config/kalito/config.lua", "return {}")
    local status, out, err = f:run "embed"
    assert.are.same({ 2, "" }, { status, out })
    assert.truthy(err:find("give --model, or set `embedding` in config.lua", 1, true))
  end)

  it("says what the server says, and how to go on with other vectors", function()
    local status, _, err = f:run("embed", "--model", "ollama:no_model")
    assert.are.equal(1, status)
    assert.truthy(err:find "^kalito: ollama: 404 Not Found")
    f:run("embed", "--limit", 10)
    configure "/plain" -- three numbers
    status, _, err = f:run "embed"
    assert.are.equal(1, status)
    assert.truthy(err:find "kalito embed %-%-all makes all of them anew")
  end)

  it("keeps what was stored when Ctrl-C ends it", function()
    local status, _, err = f:shell(([[
"$KALITO" embed --model ollama:bag_once & p=$!
i=0
while [ "$(grep -c '^POST' %s)" -lt 2 ] && [ $i -lt 600 ]; do sleep 0.05; i=$((i + 1)); done
kill -INT $p
wait $p]]):format(s.log))
    assert.are.equal(130, status)
    assert.truthy(err:find "32 messages embedded with ollama:bag_once, 64 numbers each: they stay")
    assert.truthy(err:find "kalito: interrupted")
    local db <close> = assert(kalito.open(f.db))
    assert.are.equal(32, db.vector.count "ollama:bag_once")
  end)

  it("does not touch what is written: adding asks no model", function()
    s:requests()
    assert.are.equal(0, (f:run("add", "Trip", "--role", "user", "Where did we park?")))
    assert.are.equal("", s:requests())
  end)
end)
