-- kalito.model.provider: three providers against a model server that misbehaves.
local kalito = require "kalito"
local provider = require "kalito.model.provider"
local servers = require "kalito.model.server"
local streams = require "kalito.model.stream"
local thinking = require "kalito.model.thinking"
local failure = require "kalito.model.failure"
local address = require "kalito.model.address"
local http = require "kalito.model.http"
local server = dofile "tests/fixtures/server.lua"
local tls = dofile "tests/fixtures/tls.lua"

local KEY = "sk-verysecretkey1234567890"
local TEXT = "Grüße, 世界 😀!"
local NAMES = { "ollama", "openai", "anthropic" }
local HELLO = { { role = "system", content = "Be kind." }, { role = "user", content = "Hello" } }

local s, waits
setup(function() s = server.start() end)
teardown(function() s:stop() end)
before_each(function() waits = {} end)

-- The variables of a user who has a key everywhere and a server that behaves as told.
local function variables(behaviour, more)
  local all = {
    OLLAMA_HOST = s.url .. "/" .. behaviour, OLLAMA_API_KEY = KEY,
    OPENAI_BASE_URL = s.url .. "/" .. behaviour .. "/v1", OPENAI_API_KEY = KEY,
    ANTHROPIC_BASE_URL = s.url .. "/" .. behaviour, ANTHROPIC_API_KEY = KEY,
  }
  for key, value in pairs(more or {}) do all[key] = value or nil end
  return function(name) return all[name] end
end

local function config_for(behaviour, more)
  more = more or {}
  return {
    providers = more.providers or {}, getenv = variables(behaviour, more.env), load = more.load,
    http = { wait = function(seconds) waits[#waits + 1] = seconds end, random = function() return 0 end },
  }
end

local function target(name, behaviour, more)
  return assert(provider.resolve(name .. ":test-model", config_for(behaviour, more)))
end

local function chat(name, behaviour, settings, more)
  local pieces = {}
  local results = table.pack(provider.chat(target(name, behaviour, more), HELLO, settings,
    function(text) pieces[#pieces + 1] = text end))
  results.seen = table.concat(pieces)
  return results
end

local function each(behaviour, check)
  for _, name in ipairs(NAMES) do check(chat(name, behaviour), name) end
end

describe("A chat", function()
  it("streams text, usage and reason from every provider", function()
    each("plain", function(result, name)
      local reply = assert(result[1], result[2])
      assert.are.equal(TEXT, reply.text, name)
      assert.are.equal(TEXT, result.seen)
      assert.are.same({ prompt_tokens = 11, completion_tokens = 7 }, reply.usage)
      assert.are.equal("stop", reply.reason)
      assert.are.equal("test-model", reply.model)
      assert.is_true(reply.timings.total >= reply.timings.first)
    end)
  end)

  it("survives chunks cut at every byte, CRLF, comments and a slow server", function()
    for _, behaviour in ipairs { "cut", "crlf", "comments", "slow" } do
      each(behaviour, function(result, name)
        assert.are.equal(TEXT, assert(result[1], result[2]).text, name .. " " .. behaviour)
        assert.are.same({ prompt_tokens = 11, completion_tokens = 7 }, result[1].usage)
      end)
    end
  end)

  it("does without an end, without usage, and takes usage early", function()
    for _, behaviour in ipairs { "no_done", "no_usage", "early_usage" } do
      each(behaviour, function(result, name)
        assert.are.equal(TEXT, assert(result[1], result[2]).text, name .. " " .. behaviour)
      end)
    end
    assert.are.same({}, chat("openai", "no_usage")[1].usage)
    assert.are.equal("unfinished", chat("ollama", "no_done")[1].reason)
  end)

  it("ends with the answer when the connection stays open", function()
    each("stays_open", function(result) assert.are.equal(TEXT, assert(result[1], result[2]).text) end)
    for _, name in ipairs { "openai", "anthropic" } do
      local reply = assert(chat(name, "hangs")[1]) -- nor does it say that this was all
      assert.are.same({ TEXT, "stop", 7 }, { reply.text, reply.reason, reply.usage.completion_tokens })
    end
  end)

  it("passes over values of the wrong type", function()
    each("wrong", function(result, name)
      assert.are.equal(TEXT, assert(result[1], result[2]).text, name)
      assert.are.same({ prompt_tokens = 11, completion_tokens = 7 }, result[1].usage)
    end)
  end)

  it("neither shows nor keeps what a model thinks", function()
    for _, behaviour in ipairs { "thinks", "thinks_cut", "thinks_aside" } do
      each(behaviour, function(result, name)
        assert.are.equal(TEXT, assert(result[1], result[2]).text, name .. " " .. behaviour)
        assert.are.equal(TEXT, result.seen)
      end)
    end
  end)

  it("tells that the model thinks", function()
    for _, name in ipairs(NAMES) do
      for behaviour, expected in pairs { plain = 0, thinks = 4, thinks_aside = 1 } do
        local count = 0
        local hooks = { on_thinking = function() count = count + 1 end }
        assert(provider.chat(target(name, behaviour), HELLO, {}, nil, hooks))
        assert.are.equal(expected, count, name .. " " .. behaviour)
      end
    end
  end)

  it("that was all spent on thinking says so", function()
    each("spent", function(result, name)
      assert.is_nil(result[1])
      assert.are.equal(name .. ": the answer is empty: its tokens were used up before a word came; a model that thinks "
        .. "needs more", result[2])
    end)
  end)

  it("that the model declines says so, in its words when it has some", function()
    local openai, anthropic = chat("openai", "declines"), chat("anthropic", "declines")
    assert.are.same({ "I must not.", "filtered" }, { openai[1].text, openai[1].reason })
    assert.is_nil(anthropic[1])
    assert.are.equal("anthropic: the model declines to answer", anthropic[2])
  end)

  it("that comes in parts is put together without the thoughts", function()
    local result = chat("openai", "parts")
    assert.are.same({ "Yes!", "Yes!", 7 }, { result[1].text, result.seen, result[1].usage.completion_tokens })
  end)

  it("survives halves of surrogate pairs and a NUL", function()
    each("halves", function(result, name)
      assert.are.equal("Grüße, \u{FFFD}世界 😀!", assert(result[1], result[2]).text, name)
    end)
  end)

  it("keeps what came before an error in mid-stream", function()
    each("mid_error", function(result, name)
      assert.is_nil(result[1])
      assert.are.equal(name .. ": the model crashed: ask again", result[2])
      assert.are.equal("http", result[3])
      assert.are.equal("Grüße, ", result[4].text)
    end)
  end)

  it("keeps what came before the connection broke, and does not try again", function()
    each("broken", function(result)
      assert.is_nil(result[1])
      assert.are.equal("http", result[3])
      assert.are.equal(result.seen, result[4].text)
      assert.is_truthy(result[2]:find ": ask again$")
      assert.are.same({}, waits)
    end)
  end)

  it("ends at a line that is too long", function()
    each("long_line", function(result)
      assert.is_nil(result[1])
      assert.is_truthy(result[2]:find "more than a mebibyte")
      assert.are.equal("before", result[4].text)
    end)
  end)

  it("ends an endless stream at the cap", function()
    each("endless", function(result)
      assert.is_nil(result[1])
      assert.is_truthy(result[2]:find "larger than 16777216 bytes")
      assert.is_true(#result[4].text > 1000000)
    end)
  end)

  it("stops when on_delta says so", function()
    local reply = provider.chat(target("openai", "endless"), HELLO, {}, function() return false end)
    assert.are.equal("stopped", reply.reason)
    assert.are.equal("more and more ", reply.text)
  end)

  it("raises the errors of on_delta", function()
    local ok, message = pcall(provider.chat, target("openai", "endless"), HELLO, {}, function() error("mine", 0) end)
    assert.are.same({ false, "mine" }, { ok, message })
  end)

  it("keeps what came before Ctrl-C", function()
    local reply, message, code, partial = provider.chat(target("openai", "endless"), HELLO, {}, function()
      error("interrupted", 0)
    end)
    assert.is_nil(reply)
    assert.are.same({ "interrupted", "interrupted", "more and more " }, { message, code, partial.text })
  end)

  it("takes an answer that is no stream", function()
    local reply = assert(chat("openai", "whole")[1])
    assert.are.same({ "all at once", "stop" }, { reply.text, reply.reason })
  end)

  it("refuses what is no answer", function()
    each("empty", function(result) assert.is_truthy(result[2]:find "the answer is empty") end)
    each("html_ok", function(result) assert.is_truthy(result[2]:find "Log in first") end)
  end)
end)

describe("A chat over TLS", function()
  local t
  setup(function() t = tls.new() end)
  teardown(function() t:stop() end)

  local function over_tls(name, options)
    local url = t:relay(s.url)
    local variable = name == "ollama" and "OLLAMA_HOST" or name:upper() .. "_BASE_URL"
    return chat(name, "cut", {}, { providers = { [name] = options },
      env = { [variable] = url .. "/cut" .. (name == "openai" and "/v1" or "") } })
  end

  it("streams from every provider when its certificate is trusted", function()
    for _, name in ipairs(NAMES) do
      assert.are.equal(TEXT, assert(over_tls(name, { ca_file = t.ca })[1]).text)
    end
  end)

  it("is refused with a certificate that nobody vouches for", function()
    local result = over_tls("openai", { retries = 0 })
    assert.is_nil(result[1])
    assert.is_truthy(result[2]:find "certificate.*: if you trust it, name it as ca_file in config.lua$")
  end)
end)

describe("A refusal", function()
  it("shows status, what the provider says, and what to do", function()
    for behaviour, expected in pairs {
      html = "ollama: 502 Bad Gateway: 502 nginx is sad: try again later",
      down = "ollama: 503 Unavailable: Loading model: try again later",
      no_model = "ollama: 404 Not Found: the model is not found: check the name of the model and the address",
      limited_long = "ollama: 429 Too Many Requests: quota is used up: try again in 3600 s",
      no_retry = "ollama: 500 Server Error: never: try again later",
      too_long = "ollama: 400 Bad Request: the prompt is longer than the context length: send less: lower the budget",
    } do
      for _, name in ipairs(NAMES) do
        assert.are.equal(expected:gsub("^ollama", name), (chat(name, behaviour)[2]))
      end
    end
    assert.is_truthy(chat("openai", "echo_key")[2]:find(": check OPENAI_API_KEY", 1, true))
  end)

  it("tells of a redirect where it leads", function()
    each("redirect", function(result)
      assert.is_truthy(result[2]:find("a redirect to https://elsewhere.example/v1/chat,", 1, true))
    end)
  end)

  it("tells of a server that is not there", function()
    local result = chat("ollama", "plain", nil, { env = { OLLAMA_HOST = "127.0.0.1:1" } })
    assert.is_truthy(result[2]:find "Failed to connect.*is the server running")
    assert.are.same({ 0.5, 1.0 }, waits)
  end)

  it("moves no cursor of a terminal", function()
    each("echo_key", function(result) assert.is_nil(result[2]:find "%c") end)
  end)
end)

describe("A request", function()
  it("is tried again after a failure that may pass", function()
    for behaviour, expected in pairs { flaky = 0.5, limited = 1, limited_date = 3, reset_once = 0.5 } do
      for _, name in ipairs(NAMES) do
        waits = {}
        assert.are.equal(TEXT, assert(chat(name, behaviour)[1]).text)
        assert.are.same({ expected }, waits, name .. " " .. behaviour)
      end
    end
  end)

  it("tells how long it waits", function()
    local told = {}
    local function on_wait(seconds) told[#told + 1] = seconds end
    assert(provider.chat(target("openai", "limited_date"), HELLO, {}, nil, { on_wait = on_wait }))
    assert.are.same({ 3 }, told)
  end)

  it("is tried three times and no more", function()
    for _, behaviour in ipairs { "down", "resets" } do
      for _, name in ipairs(NAMES) do
        waits = {}
        s:requests()
        assert.is_nil(chat(name, behaviour)[1])
        assert.are.same({ 0.5, 1.0 }, waits)
        assert.are.equal(3, select(2, s:requests():gsub("POST ", "")))
      end
    end
  end)

  it("is not tried again when that is of no use", function()
    for _, behaviour in ipairs { "no_retry", "no_model", "echo_key", "limited_long", "redirect", "mid_error" } do
      for _, name in ipairs(NAMES) do
        assert.is_nil(chat(name, behaviour)[1])
        assert.are.same({}, waits, name .. " " .. behaviour)
      end
    end
  end)

  it("waits shorter by the jitter, and never longer than eight seconds", function()
    local seconds, config = {}, config_for "down"
    config.http = { wait = function(n) seconds[#seconds + 1] = n end, random = function() return 1 end, retries = 6 }
    provider.chat(assert(provider.resolve("openai:x", config)), HELLO)
    assert.are.same({ 0.375, 0.75, 1.5, 3.0, 6.0, 6.0 }, seconds)
  end)
end)

describe("A setting that a model refuses", function()
  local settings = { temperature = 0.7, topP = 0.9 }

  it("is left out, and not sent to it again", function()
    for name, expected in pairs { openai = { "stream_options", "temperature" }, anthropic = { "temperature" } } do
      local found = target(name, "refuses")
      s:requests()
      local reply = assert(provider.chat(found, HELLO, settings))
      assert.are.same({ TEXT, expected }, { reply.text, reply.left_out })
      assert.are.equal(#expected + 1, select(2, s:requests():gsub("POST ", "")))
      assert.are.same(expected, assert(provider.chat(found, HELLO, settings)).left_out)
      assert.are.equal(1, select(2, s:requests():gsub("POST ", "")))
    end
    assert.is_nil(chat("openai", "plain", settings)[1].left_out)
  end)

  it("is called as the server wants it, when it says how", function()
    local found = target("openai", "renames")
    s:requests()
    for attempt = 1, 2 do
      local reply = assert(provider.chat(found, HELLO, { maxTokens = 77 }))
      assert.are.same({ TEXT, nil }, { reply.text, reply.left_out })
      local sent = s:requests()
      assert.is_truthy(sent:find('"max_completion_tokens":77', 1, true))
      assert.are.equal(attempt == 1 and 2 or 1, select(2, sent:gsub("POST ", "")))
    end
  end)

  it("is told of when config.lua wants to know", function()
    local more = { providers = { openai = { optional = { "top_p" } } } }
    local result = chat("openai", "refuses", settings, more)
    assert.is_nil(result[1])
    assert.is_truthy(result[2]:find("400 Bad Request: Unsupported value: 'temperature'", 1, true))
  end)
end)

describe("Retry-After", function()
  it("is read in milliseconds, seconds and as a date", function()
    local now = 1445412480 -- Wed, 21 Oct 2015 07:28:00 GMT
    assert.are.equal(0.25, http.retry_after({ ["retry-after-ms"] = "250", ["retry-after"] = "9" }, now))
    assert.are.equal(9, http.retry_after({ ["retry-after"] = "9" }, now))
    assert.are.equal(5, http.retry_after({ ["retry-after"] = "Wed, 21 Oct 2015 07:28:05 GMT" }, now))
    assert.are.equal(0, http.retry_after({ ["retry-after"] = "Tue, 20 Oct 2015 07:28:05 GMT" }, now))
    for _, bad in ipairs { "soon", "", "nan", "Wed, 99 Xxx 2015 07:28:05 GMT" } do
      assert.is_nil(http.retry_after({ ["retry-after"] = bad }, now))
    end
  end)
end)

describe("A key", function()
  local function holds(value, seen)
    if type(value) == "string" then return value:find(KEY, 1, true) or value:find("verysecret", 1, true) end
    if type(value) ~= "table" or seen[value] then return false end
    seen[value] = true
    for k, v in pairs(value) do
      if holds(k, seen) or holds(v, seen) then return true end
    end
    return false
  end

  it("is sent in the header of the provider", function()
    for name, header in pairs {
      ollama = "Authorization: Bearer " .. KEY, openai = "Authorization: Bearer " .. KEY,
      anthropic = "x-api-key: " .. KEY,
    } do
      s:requests()
      chat(name, "plain")
      assert.is_truthy(s:requests():find(header, 1, true), name)
    end
    chat("anthropic", "plain", {}, { env = { ANTHROPIC_API_KEY = false, ANTHROPIC_AUTH_TOKEN = " token-1234\n" } })
    local sent = s:requests()
    assert.is_truthy(sent:find("Authorization: Bearer token-1234\r\n", 1, true))
    assert.is_nil(sent:find("x-api-key", 1, true))
  end)

  it("is in nothing that comes back", function()
    for _, name in ipairs(NAMES) do
      for _, behaviour in ipairs { "plain", "echo_key", "mid_error", "html", "redirect", "long_line", "resets" } do
        assert.is_false(holds(chat(name, behaviour), {}), name .. " " .. behaviour)
      end
      assert.is_false(holds(target(name, "plain"), {}), name)
      assert.is_false(holds({ provider.models(name, config_for "echo_key") }, {}))
      assert.is_false(holds({ provider.resolve("nothing", config_for "echo_key") }, {}))
      assert.is_false(holds({ provider.embed(target(name, "echo_key"), { "a" }) }, {}))
    end
  end)

  it("that is none is refused without being shown", function()
    local config = config_for("plain", { env = { OPENAI_API_KEY = KEY .. "\r\nX: y" } })
    assert.are.same({ nil, "openai: OPENAI_API_KEY holds a control character", "config", n = 3 },
      table.pack(provider.resolve("openai:x", config)))
  end)

  it("is taken out of any text, whole or as it usually looks", function()
    assert.are.equal("a [key] b", failure.redact("a p%ss+w[rd b", { "p%ss+w[rd" }))
    assert.are.equal("Bearer [key], x", failure.redact "Bearer abc.def-123, x")
    assert.are.equal("key [key]", failure.redact "key sk-abcd****wxyz")
    assert.are.equal("http://[key]@host/", failure.redact "http://me:pass@host/")
    assert.are.equal("task-list and sk-learn", failure.redact "task-list and sk-learn")
  end)

  it("is refused in config.lua", function()
    local config = config_for("plain", { providers = { openai = { key = "x" } } })
    local result, message = provider.resolve("openai:x", config)
    assert.is_nil(result)
    assert.is_truthy(message:find "unknown option 'key'")
  end)

  it("may come from a variable that config.lua names", function()
    s:requests()
    chat("openai", "plain", {}, {
      providers = { openai = { key_env = "WORK_KEY" } }, env = { OPENAI_API_KEY = false, WORK_KEY = "work-key" },
    })
    assert.is_truthy(s:requests():find("Bearer work-key", 1, true))
  end)

  it("is not sent in the clear to another machine unless config.lua allows it", function()
    local more = { env = { OPENAI_BASE_URL = "http://192.0.2.1:1/v1" } }
    local result = chat("openai", "plain", {}, more)
    assert.are.equal("refused", result[3])
    assert.is_truthy(result[2]:find("allow_http = true", 1, true))
    more.providers = { openai = { allow_http = true, connect_timeout = 0.05, retries = 0 } }
    assert.are.equal("http", chat("openai", "plain", {}, more)[3])
    more = { env = { OPENAI_BASE_URL = "http://192.0.2.1:1/v1", OPENAI_API_KEY = false },
      providers = { openai = { connect_timeout = 0.05, retries = 0 } } }
    assert.are.equal("http", chat("openai", "plain", {}, more)[3])
  end)
end)

describe("The persona's settings", function()
  local settings = {
    temperature = 1.5, topP = 0.9, maxTokens = 100, stopSequences = '["END","STOP"]', repeatPenalty = 1.1,
    context = 8192, name = "not a setting",
  }

  local function sent(name, given, more)
    s:requests()
    assert(chat(name, "plain", given, more)[1])
    return s:body()
  end

  it("are Ollama's options", function()
    assert.are.same({
      model = "test-model", stream = true, messages = HELLO, truncate = false,
      options = { temperature = 1.5, top_p = 0.9, num_predict = 100, stop = { "END", "STOP" }, repeat_penalty = 1.1,
        num_ctx = 8192 },
    }, sent("ollama", settings))
    assert.are.same({}, sent("ollama", {}).options)
  end)

  it("are OpenAI's fields, without a repeat penalty", function()
    assert.are.same({
      model = "test-model", stream = true, stream_options = { include_usage = true }, messages = HELLO,
      temperature = 1.5, top_p = 0.9, max_tokens = 100, stop = { "END", "STOP" },
    }, sent("openai", settings))
  end)

  it("are called otherwise by OpenAI itself", function()
    local file = kalito.script.builtin "providers/openai"
    local told = { model = "m", base_url = "https://api.openai.com/v1", has = {}, options = file.defaults }
    told.maxTokens = 5
    assert.are.equal(5, file.request(HELLO, told).body.max_completion_tokens)
    assert.is_nil(file.request(HELLO, told).body.max_tokens)
  end)

  it("are Anthropic's fields, with the system prompt at the top", function()
    assert.are.same({
      model = "test-model", stream = true, system = "Be kind.", messages = { HELLO[2] }, temperature = 1,
      max_tokens = 100, stop_sequences = { "END", "STOP" },
    }, sent("anthropic", settings))
    local body = sent("anthropic", { topP = 0.5 })
    assert.are.same({ 4096, 0.5 }, { body.max_tokens, body.top_p })
  end)

  it("are joined by what config.lua adds", function()
    local body = sent("openai", settings, { providers = { openai = { body = { reasoning_effort = "low" } } } })
    assert.are.same({ "low", 1.5 }, { body.reasoning_effort, body.temperature })
  end)

  it("are left out where config.lua omits them", function()
    local body = sent("openai", settings, { providers = { openai = { omit = { "temperature", "stopSequences" } } } })
    assert.are.same({ nil, nil, 0.9 }, { body.temperature, body.stop, body.top_p })
  end)
end)

describe("Turns", function()
  local function turns(name, text)
    local file, messages = kalito.script.builtin("providers/" .. name), {}
    local roles = { s = "system", u = "user", a = "assistant", t = "tool" }
    for role, content in text:gmatch "(%a)=(%w*)" do
      messages[#messages + 1] = { role = roles[role], content = content }
    end
    local body = file.request(messages, { model = "m", base_url = "https://x", has = {}, options = file.defaults }).body
    local out = { body.system and "s=" .. body.system }
    for _, turn in ipairs(body.messages) do out[#out + 1] = turn.role:sub(1, 1) .. "=" .. turn.content end
    return table.concat(out, " "):gsub("\n\n", "+")
  end

  it("alternate and begin with the user, after one system prompt", function()
    for _, name in ipairs(NAMES) do
      assert.are.equal("s=A+B u=1 a=2 u=3", (turns(name, "s=A s=B u=1 a=2 u=3")))
      assert.are.equal("u=1+2 a=3+4 u=5", (turns(name, "u=1 u=2 a=3 a=4 u=5")))
      assert.are.equal("u=1 a=2 u=R+3+T", (turns(name, "u=1 a=2 s=R u=3 t=T")))
      assert.are.equal("u=1", (turns(name, "u=1 a= u=")))
      assert.are.equal("s=A u=(The conversation goes on.) a=1 u=2", (turns(name, "s=A a=1 u=2")))
    end
  end)
end)

local function isolated()
  return kalito.jail.status({ program = server.program }).isolated
end

describe("The files of the providers", function()
  it("need nothing but pure libraries", function()
    for _, name in ipairs(NAMES) do
      local environment = {
        string = string, table = table, math = math, type = type, pairs = pairs, ipairs = ipairs, tostring = tostring,
        tonumber = tonumber, kalito = { text = kalito.text, script = { builtin = kalito.script.builtin } },
      }
      local source = kalito.embedded("providers/" .. name)
      local file = assert(load(source, name, "t", environment))()
      assert.are.equal(name, file.name)
      assert.is_string(file.describe)
      assert.is_true(select(2, source:gsub("\n", "")) <= 150)
      local told = { model = "m", base_url = "u", has = { key = true }, options = file.defaults }
      assert.is_table(file.request(HELLO, told))
    end
  end)

  it("run in the jail as they do in the program", function()
    if not isolated() then return pending "no isolation here" end
    for _, name in ipairs(NAMES) do
      local file = kalito.script.builtin("providers/" .. name)
      local jail = assert(kalito.jail.open {
        name = name, source = kalito.embedded("providers/" .. name), program = server.program,
      })
      local told = { model = "m", base_url = "u", has = { key = true }, options = file.defaults, temperature = 0.5 }
      assert.are.same(file.request(HELLO, told), (jail:call("request", HELLO, told)))
      for _, event in ipairs {
        { text = "", data = { message = { content = "x" }, done = true, eval_count = 5 } }, { text = "[DONE]" },
        { text = "", data = { choices = { { delta = { content = "x" }, finish_reason = "stop" } } } },
        { text = "", data = { type = "content_block_delta", delta = { text = "x" } } }, { text = "nonsense" },
      } do
        assert.are.same(file.parse(event, {}), (jail:call("parse", event, {})), name)
      end
      jail:close()
    end
  end)
end)

describe("A provider of a stranger", function()
  local SOURCE = [[
    return {
      defaults = { base_url = "https://evil.example" },
      request = function(messages, settings)
        local base = settings.model == "away" and "https://evil.example" or settings.base_url
        return { url = base .. "/v1/chat/completions", stream = "sse",
          headers = { Authorization = "Bearer {{key}}", ["X-Saw"] = settings.key or "nothing" },
          body = { model = settings.model, messages = messages } }
      end,
      parse = function(event, state)
        state.count = (state.count or 0) + 1
        if event.text == "[DONE]" then
          return { { text = "(" .. state.count .. ")" }, { done = true, last = true } }, state
        end
        local choice = event.data.choices[1]
        return { { text = choice and choice.delta.content } }, state
      end,
    }
  ]]

  local function load()
    local jail, message, code = kalito.jail.open { name = "mine", source = SOURCE, program = server.program }
    if not jail then return nil, message, code end
    local info = jail:info()
    return { shipped = false, defaults = info.defaults, functions = info.functions,
      call = function(name, ...) return jail:call(name, ...) end }
  end

  local function more(base_url)
    return { load = load, env = { MINE_API_KEY = KEY }, providers = { mine = { base_url = base_url } } }
  end

  it("works like a shipped one and never sees the key", function()
    if not isolated() then return pending "no isolation here" end
    s:requests()
    local result = chat("mine", "plain", {}, more(s.url .. "/plain"))
    assert.are.equal(TEXT .. "(9)", assert(result[1], result[2]).text)
    local sent = s:requests()
    assert.is_truthy(sent:find("Authorization: Bearer " .. KEY, 1, true))
    assert.is_truthy(sent:find("X-Saw: nothing", 1, true))
  end)

  it("speaks only to the address that the user gave", function()
    if not isolated() then return pending "no isolation here" end
    local result, message, code = provider.resolve("mine:x", config_for("plain", more(nil)))
    assert.is_nil(result)
    assert.is_truthy(message:find("set providers.mine.base_url", 1, true))
    assert.are.equal("refused", code)
    local away = assert(provider.resolve("mine:away", config_for("plain", more(s.url .. "/plain"))))
    result, message = provider.chat(away, HELLO)
    assert.is_nil(result)
    assert.is_truthy(message:find "another address")
  end)

  it("gets no text that the jail would cut", function()
    if not isolated() then return pending "no isolation here" end
    local long = { { role = "user", content = ("x"):rep(70000) } }
    local result, message = provider.chat(target("mine", "plain", more(s.url .. "/plain")), long)
    assert.is_nil(result)
    assert.is_truthy(message:find "too long")
  end)
end)

describe("A provider's name", function()
  it("stands before the model, whose name may hold colons", function()
    local found = assert(provider.resolve("ollama:mistral:7b", config_for "plain"))
    assert.are.same({ "ollama", "mistral:7b", "ollama:mistral:7b" }, { found.provider, found.model, found.name })
  end)

  it("may be left out when only one has the model", function()
    assert.are.equal("ollama:mistral:7b", assert(provider.resolve("mistral:7b", config_for "plain")).name)
    assert.are.equal("ollama:llama3:latest", assert(provider.resolve("llama3", config_for "plain")).name)
    local one = config_for("plain", { env = { ANTHROPIC_API_KEY = false, ANTHROPIC_BASE_URL = false } })
    assert.are.equal("openai:gpt-test", assert(provider.resolve("gpt-test", one)).name)
  end)

  it("must be said when several have it", function()
    local found, message, code = provider.resolve("shared", config_for "plain")
    assert.is_nil(found)
    assert.are.equal("more than one provider has 'shared': say anthropic:shared or ollama:shared or openai:shared",
      message)
    assert.are.equal("ambiguous", code)
  end)

  it("that is wrong is answered with the nearest one", function()
    local _, message, code = provider.resolve("mistal:7b", config_for "plain")
    assert.are.equal("no provider has a model 'mistal:7b' (did you mean 'mistral:7b'?)", message)
    assert.are.equal("not_found", code)
    _, message = provider.resolve("olama:some-model", config_for "plain")
    assert.is_truthy(message:find("'ollama:some-model'", 1, true))
  end)

  it("that is not found is answered with who could not be asked", function()
    local _, message = provider.resolve("mistral:7b", config_for("plain", { env = { OLLAMA_HOST = "127.0.0.1:1" } }))
    assert.is_truthy(message:find "ollama: .*Failed to connect")
    assert.are.same({}, waits)
  end)

  it("may be one of config.lua, for another server with a known API", function()
    local lmstudio = { file = "openai", base_url = s.url .. "/cut/v1" }
    local config = config_for("plain", { providers = { lmstudio = lmstudio } })
    local found = assert(provider.resolve("lmstudio:m", config))
    s:requests()
    assert.are.equal(TEXT, assert(provider.chat(found, HELLO)).text)
    assert.is_nil(s:requests():find("Authorization", 1, true))
  end)

  it("has options that are checked", function()
    local config = config_for("plain", { providers = { ollama = { contex = 5 } } })
    local _, message = provider.resolve("ollama:x", config)
    assert.is_truthy(message:find("unknown option 'contex' (did you mean 'context'?)", 1, true))
    config.providers.ollama = { context = "5" }
    assert.is_truthy(select(2, provider.resolve("ollama:x", config)):find "must be a number")
  end)
end)

describe("The list of models", function()
  it("comes from one provider or from all that are set up", function()
    local expected = {
      { provider = "openai", name = "gpt-test", context = 8192 }, { provider = "openai", name = "shared" },
    }
    assert.are.same(expected, (provider.models("openai", config_for "plain")))
    assert.are.equal(7, #provider.models(nil, config_for "plain"))
    local none = config_for("plain", { env = {
      OPENAI_API_KEY = false, OPENAI_BASE_URL = false, ANTHROPIC_API_KEY = false, ANTHROPIC_BASE_URL = false,
    } })
    assert.are.equal(3, #provider.models(nil, none))
  end)
end)

describe("Embeddings", function()
  it("are one vector for each text, in the order of the texts", function()
    for _, name in ipairs { "ollama", "openai" } do
      local result = assert(provider.embed(target(name, "plain"), { "one", "t]w\"o", "three" }))
      assert.are.same({ { 0, 0.5, -1 }, { 1, 0.5, -1 }, { 2, 0.5, -1 } }, result.vectors)
      assert.are.same({ 3, 4, "test-model" }, { result.dimension, result.prompt_tokens, result.model })
    end
  end)

  it("are refused when they do not fit", function()
    for _, name in ipairs { "ollama", "openai" } do
      local result, message = provider.embed(target(name, "wrong"), { "one", "two" })
      assert.is_nil(result)
      assert.is_truthy(message:find "different sizes")
    end
    assert.are.equal("refused", select(3, provider.embed(target("anthropic", "plain"), { "one" })))
  end)
end)

describe("An address", function()
  it("is completed from the default", function()
    local default = "http://127.0.0.1:11434"
    for given, expected in pairs {
      ["host"] = "http://host:11434", ["host:80"] = "http://host:80", [":8080"] = "http://127.0.0.1:8080",
      ["0.0.0.0"] = "http://127.0.0.1:11434", ["0.0.0.0:99"] = "http://127.0.0.1:99", ["[::]:99"] = "http://[::1]:99",
      ["http://host"] = "http://host", ["https://host"] = "https://host",
      ["https://host:1/path/"] = "https://host:1/path",
      [" \"host\" "] = "http://host:11434", ["::1"] = "http://[::1]:11434", ["[::1]"] = "http://[::1]:11434",
      ["http://0.0.0.0:11434/"] = "http://127.0.0.1:11434", ["host/path"] = "http://host:11434/path",
    } do
      assert.are.equal(expected, address.complete(given, default), given)
    end
    assert.are.equal("http://localhost:1234/v1", address.complete("localhost:1234/v1", "https://api.openai.com/v1"))
    assert.are.equal("https://host/v1", address.complete("host/v1", "https://api.openai.com/v1"))
  end)
end)

describe("A stream", function()
  local function events(kind, text, size)
    local list = {}
    local stream = streams.new(kind, function(event) list[#list + 1] = event end)
    for at = 1, #text, size do
      if not stream:feed(text:sub(at, at + size - 1)) then break end
    end
    stream:finish()
    return list, stream.problem
  end

  it("is the same however it is cut", function()
    local ndjson = "{\"a\":\"ü\"}\r\n\n{\"b\":null}\n[1,null]"
    local sse = "\xEF\xBB\xBF: hi\r\nevent: e\r\ndata: {\"a\":\r\ndata: \"😀\"}\r\nid: 5\r\n\r\ndata:x\n\ndata: [DONE]"
    for size = 1, #sse do
      assert.are.same({ { text = "{\"a\":\"ü\"}", data = { a = "ü" } }, { text = "{\"b\":null}", data = {} },
        { text = "[1,null]", data = { 1 } } }, (events("ndjson", ndjson, size)))
      assert.are.same({ { text = "{\"a\":\n\"😀\"}", data = { a = "😀" }, event = "e" }, { text = "x" },
        { text = "[DONE]" } }, (events("sse", sse, size)))
    end
  end)

  it("is bounded, also when a line comes byte by byte or an event in many lines", function()
    assert.is_truthy(select(2, events("ndjson", ("x"):rep(1100000), 1)):find "mebibyte")
    assert.is_truthy(select(2, events("sse", ("data: 0123456789\n"):rep(120000), 65536)):find "mebibyte")
    assert.is_nil(select(2, events("sse", (": comment\n"):rep(300000), 65536)))
  end)

  it("survives JSON that is too deep", function()
    local list = events("ndjson", ('{"a":'):rep(5000) .. ("}"):rep(5000) .. "\n", 4096)
    assert.is_nil(list[1].data)
  end)
end)

describe("What a model thinks", function()
  local function filtered(text, size)
    local filter, out = thinking.new(), {}
    for at = 1, #text, size do out[#out + 1] = filter:feed(text:sub(at, at + size - 1)) end
    out[#out + 1] = filter:finish()
    return table.concat(out)
  end

  it("is what stands between the marks at the beginning, however it is cut", function()
    for text, expected in pairs {
      ["<think>a</think>b"] = "b", ["\n <think>\na < b</thin\n</think>\n\n b\n"] = "b\n", ["<think>a"] = "",
      ["<think></think>"] = "", ["a <think>b</think>"] = "a <think>b</think>", ["<thi"] = "<thi",
      ["<thing>"] = "<thing>", [" a"] = " a", ["<think>a</think>b<think>c</think>"] = "b<think>c</think>", [""] = "",
    } do
      for size = 1, #text + 1 do assert.are.equal(expected, filtered(text, size), text .. " by " .. size) end
    end
  end)
end)

describe("servers.names", function()
  it("holds the shipped files and those of config.lua", function()
    assert.are.same({ "anthropic", "lm", "ollama", "openai" }, servers.names { providers = { lm = {}, openai = {} } })
  end)
end)
