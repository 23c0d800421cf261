-- kalito_http: the module that talks to servers.
local http = require "kalito_http"
local server = dofile "tests/fixtures/server.lua"

describe("kalito_http.request", function()
  local s
  setup(function() s = server.start() end)
  teardown(function() s:stop() end)

  local function get(behaviour, more, on_chunk)
    local settings = { url = s.url .. "/" .. behaviour .. "/v1/models" }
    for key, value in pairs(more or {}) do settings[key] = value end
    return http.request(settings, on_chunk)
  end

  it("gives status, headers in lower case and the body", function()
    local response = get "plain"
    assert.are.equal(200, response.status)
    assert.are.equal("application/json", response.headers["content-type"])
    assert.is_truthy(response.body:find "gpt%-test")
  end)

  it("sends method, headers and body, and no Expect", function()
    s:requests()
    http.request {
      url = s.url .. "/plain/v1/embeddings", body = ("x"):rep(2000000),
      headers = { ["X-Test"] = "a: b", ["X-Empty"] = "" },
    }
    local sent = s:requests()
    assert.is_truthy(sent:find("^POST /plain/v1/embeddings HTTP/1.1\r\n"))
    assert.is_truthy(sent:find("X-Test: a: b\r\n", 1, true))
    assert.is_truthy(sent:find("X-Empty:\r\n", 1, true))
    assert.is_truthy(sent:find("User-Agent: kalito/", 1, true))
    assert.is_nil(sent:find("Expect", 1, true))
    assert.is_truthy(sent:find(("x"):rep(2000000), 1, true))
  end)

  it("gives a body in pieces to a function, and none in the response", function()
    local pieces = {}
    local response = get("plain", nil, function(piece) pieces[#pieces + 1] = piece end)
    assert.is_nil(response.body)
    assert.is_truthy(table.concat(pieces):find "gpt%-test")
  end)

  it("keeps the body of a refusal away from the function", function()
    local response = get("down", nil, function() error "called" end)
    assert.are.equal(503, response.status)
    assert.is_truthy(response.body:find "Loading model")
  end)

  it("stops when the function says false", function()
    local calls = 0
    local response = get("endless", nil, function()
      calls = calls + 1
      return false
    end)
    assert.are.equal(200, response.status)
    assert.are.equal(1, calls)
  end)

  it("raises the error of the function again after the transfer", function()
    local thrown = {}
    local ok, caught = pcall(get, "endless", nil, function() error(thrown) end)
    assert.is_false(ok)
    assert.are.equal(thrown, caught)
    assert.are.equal(200, get("plain").status)
  end)

  it("lets the function send requests of its own", function()
    local inner
    local response = get("plain", nil, function() inner = inner or get "plain" end)
    assert.are.same({ 200, 200 }, { response.status, inner.status })
  end)

  it("refuses to yield across a transfer", function()
    local run = coroutine.wrap(function() return pcall(get, "plain", nil, coroutine.yield) end)
    local ok, message = run()
    assert.is_false(ok)
    assert.is_truthy(message:find "yield")
  end)

  it("does not follow a redirect, and shows where it leads without its query", function()
    local response, message, code, transient = get "redirect"
    assert.is_nil(response)
    assert.is_truthy(message:find("307, a redirect to https://elsewhere.example/v1/chat,", 1, true))
    assert.is_nil(message:find "secret")
    assert.are.same({ "http", false }, { code, transient })
  end)

  it("refuses an answer above the cap, with or without a function", function()
    for _, on_chunk in ipairs { false, function() end } do
      local response, message, code = get("big", nil, on_chunk or nil)
      assert.is_nil(response)
      assert.is_truthy(message:find("larger than 16777216 bytes", 1, true))
      assert.are.equal("http", code)
    end
    assert.is_truthy(select(2, get("plain", { answer_max = 10 })):find "larger than 10 bytes")
  end)

  it("refuses endless headers", function()
    assert.is_truthy(select(2, get "many_headers"):find "larger than 262144 bytes")
  end)

  it("ends when the server is silent", function()
    local response, message, code, transient = get("silent", { stall_timeout = 1 })
    assert.is_nil(response)
    assert.is_truthy(message:find "[Oo]peration too slow")
    assert.are.same({ "http", false }, { code, transient })
  end)

  it("says that a lost connection may pass", function()
    for _, call in ipairs {
      function() return get "resets" end, function() return http.request { url = "http://127.0.0.1:1/" } end,
    } do
      local response, _, code, transient = call()
      assert.is_nil(response)
      assert.are.same({ "http", true }, { code, transient })
    end
  end)

  it("speaks http only to this machine unless it may", function()
    local response, message, code = http.request { url = "http://192.0.2.1:1/x" }
    assert.is_nil(response)
    assert.is_truthy(message:find "not encrypted")
    assert.are.equal("refused", code)
    response, message, code = http.request { url = "http://192.0.2.1:1/x", allow_http = true, connect_timeout = 0.05 }
    assert.is_nil(response)
    assert.is_nil(message:find "not encrypted")
    assert.are.equal("http", code)
    for _, host in ipairs { "127.evil.example", "localhost.evil.example", "127.0.0.1@evil.example", "[::2]" } do
      assert.are.equal("refused", select(3, http.request { url = "http://" .. host .. "/" }))
    end
  end)

  it("speaks nothing but https and http", function()
    for _, url in ipairs { "ftp://127.0.0.1/x", "file:///etc/passwd", "nonsense", "", "http://", "http://a b/" } do
      local response, message, code = http.request { url = url }
      assert.is_nil(response)
      assert.is_string(message)
      assert.are.equal("http", code)
    end
  end)

  it("goes to no proxy with what stays on this machine", function()
    local command = ("http_proxy=http://192.0.2.1:9 %s -e %q"):format("lua5.4", ([[
      package.cpath = %q
      io.write(require("kalito_http").request { url = %q, connect_timeout = 0.2 }.status)
    ]]):format(package.cpath, s.url .. "/plain/v1/models"))
    local pipe = io.popen(command)
    assert.are.equal("200", pipe:read "a")
    pipe:close()
  end)

  it("raises for bad arguments and shows no header's value", function()
    for _, bad in ipairs {
      { url = 5 }, { uri = "x" },
      { url = "http://127.0.0.1/", method = "PUT" }, { url = "http://127.0.0.1/", stall_timeout = 0 },
      { url = "http://127.0.0.1/", method = "GET", body = "x" }, { url = "http://127.0.0.1/", headers = { 5 } },
      { url = "http://127.0.0.1/", headers = { ["a b"] = "sesame" } },
      { url = "http://127.0.0.1/", headers = { a = "sesame\r\nHost: b" } },
      { url = "http://127.0.0.1/", headers = { HOST = "sesame" } },
      { url = "http://127.0.0.1/", headers = { ["Content-Length"] = "5" } },
    } do
      local ok, message = pcall(http.request, bad)
      assert.is_false(ok)
      assert.is_nil(message:find "sesame")
    end
    assert.has_error(function() http.request("http://127.0.0.1/") end)
    assert.has_error(function() http.request({ url = "http://127.0.0.1/" }, 5) end)
  end)

  it("does not grow over a hundred requests", function()
    local function memory()
      collectgarbage()
      collectgarbage()
      for line in io.lines "/proc/self/status" do
        local kb = line:match "^VmRSS:%s*(%d+)"
        if kb then return tonumber(kb) end
      end
    end
    local function some(n)
      for i = 1, n do
        get(i % 2 == 0 and "plain" or "down")
        pcall(get, "plain", nil, function() error "no" end)
      end
    end
    some(50)
    local before = memory()
    some(100)
    assert.is_true(memory() - before < 1024)
  end)

  it("waits", function()
    http.wait(0)
    assert.has_error(function() http.wait(-1) end)
  end)
end)

describe("Ctrl-C", function()
  -- A stock lua5.4 sends a request that gets no answer; timeout(1) sends it the signal.
  local function interrupted(behaviour, code)
    local s = server.start()
    local program = ([[
      package.cpath = %q
      local http = require "kalito_http"
      %s
    ]]):format(package.cpath, code:gsub("URL", s.url .. "/" .. behaviour .. "/v1/models"))
    local path = os.tmpname()
    local file = io.open(path, "w")
    file:write(program)
    file:close()
    local pipe = io.popen("timeout -s INT -k 20 1 lua5.4 " .. path .. " 2>&1")
    local out = pipe:read "a"
    pipe:close()
    os.remove(path)
    s:stop()
    return out
  end

  it("ends a request that waits for its answer", function()
    local out = interrupted("silent", [[ print("result", pcall(http.request, { url = "URL" })) ]])
    assert.is_truthy(out:find("result\tfalse\tinterrupted!", 1, true))
  end)

  it("ends a request that is sent by a coroutine", function()
    local out = interrupted("silent", [[
      coroutine.wrap(function() print("result", http.request { url = "URL" }) end)()
    ]])
    assert.is_truthy(out:find("interrupted", 1, true))
  end)

  it("ends an endless stream", function()
    local out = interrupted("endless", [[ print("result", pcall(http.request,
      { url = "URL", answer_max = 1e9 }, function() http.wait(0.01) end)) ]])
    assert.is_truthy(out:find("result\tfalse\t[^\n]*interrupted!"))
  end)

  it("ends a wait", function()
    local out = interrupted("silent", [[ print("result", pcall(function() http.wait(60) http.wait(60) end)) ]])
    assert.is_truthy(out:find("result\tfalse\t[^\n]*interrupted!"))
  end)
end)

describe("TLS", function()
  local folder, pipe, port

  local function run(command)
    assert(os.execute(command .. " >/dev/null 2>&1"))
  end

  setup(function()
    folder = os.tmpname()
    os.remove(folder)
    run("mkdir " .. folder)
    local key = ("%s/key.pem -%%s %s/cert.pem"):format(folder, folder)
    run("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost " ..
      "-addext subjectAltName=DNS:localhost -keyout " .. key:format "out")
    local probe = server.start() -- its port is free once it is gone
    port = probe.url:match "%d+$"
    probe:stop()
    local command = "exec openssl s_server -quiet -www -accept 127.0.0.1:%s -key %s 2>&1 & echo $!"
    pipe = io.popen(command:format(port, key:format "cert"))
    for _ = 1, 100 do
      local _, message = http.request { url = "http://127.0.0.1:" .. port .. "/", stall_timeout = 1 }
      if not (message or ""):find "Failed to connect" then break end
      http.wait(0.1)
    end
  end)

  teardown(function()
    os.execute("kill " .. pipe:read "l")
    pipe:close()
    run("rm -r " .. folder)
  end)

  it("refuses a certificate that nobody vouches for", function()
    local response, message, code, transient = http.request { url = ("https://localhost:%s/"):format(port) }
    assert.is_nil(response)
    assert.is_truthy(message:find "certificate")
    assert.are.same({ "http", false }, { code, transient })
  end)

  it("takes one that is named in the settings, and only for its own name", function()
    local ca = folder .. "/cert.pem"
    assert.are.equal(200, http.request({ url = ("https://localhost:%s/"):format(port), ca_file = ca }).status)
    local response, message = http.request { url = ("https://127.0.0.1:%s/"):format(port), ca_file = ca }
    assert.is_nil(response)
    assert.is_truthy(message:find "127.0.0.1")
  end)
end)
