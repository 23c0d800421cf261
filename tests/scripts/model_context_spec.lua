-- kalito.model.context: how many tokens a model holds, and what follows from it.
local kalito = require "kalito"
local chats = dofile "tests/fixtures/chat.lua"
local model_context = require "kalito.model.context"
local models = require "kalito.model.models"
local provider = require "kalito.model.provider"

local s, db
setup(function() s = chats.server() end)
teardown(function() s:stop() end)
before_each(function()
  db = assert(kalito.open(":memory:", { create = true }))
  s:requests()
  for _, name in ipairs { "ollama", "openai", "anthropic" } do model_context.doubt(db, name .. ":test-model") end
end)
after_each(function() db.close() end)

local function target(name, behaviour, options)
  local paths = { ollama = "", openai = "/v1", anthropic = "" }
  options = options or {}
  options.base_url = s.url .. "/" .. behaviour .. paths[name]
  return assert(provider.resolve(name .. ":test-model", { providers = { [name] = options },
    getenv = function() end, http = { wait = function() end } }))
end

local function count()
  return select(2, s:requests():gsub(" HTTP/1.1\r\n", ""))
end

describe("The context of a model", function()
  it("is what its server says", function()
    for case, expected in pairs {
      ["ollama plain"] = 8192, ["ollama small"] = 2048, ["ollama own_context"] = 16384,
      ["openai llamacpp"] = 4096, ["openai lmstudio"] = 12288, ["anthropic plain"] = 180000,
    } do
      local name, behaviour = case:match "^(%S+) (%S+)$"
      assert.are.equal(expected, model_context.of(db, target(name, behaviour)), case)
      db.model.del(name .. ":test-model")
    end
    assert.are.equal(8192, model_context.of(db, (provider.resolve("openai:gpt-test", {
      providers = { openai = { base_url = s.url .. "/plain/v1" } }, getenv = function() end }))))
  end)

  it("is asked for once, and kept in the database", function()
    model_context.of(db, target("ollama", "plain"))
    assert.are.equal(1, count())
    assert.are.equal(8192, model_context.of(db, target("ollama", "plain")))
    assert.are.equal(8192, model_context.known(db, "ollama:test-model"))
    assert.are.equal(0, count())
    local row = db.model.get "ollama:test-model"
    assert.are.same({ 8192, 1.0, 0 }, { row.context, row.ratio, row.turns })
  end)

  it("is asked for again on another day, and after a request that failed", function()
    model_context.of(db, target("ollama", "plain"))
    assert(db.model.set { id = "ollama:test-model", asked_at = "2024-01-01T00:00:00Z" })
    assert.are.equal(2048, model_context.of(db, target("ollama", "small")))
    model_context.doubt(db, "ollama:test-model")
    assert.are.equal(8192, model_context.of(db, target("ollama", "plain")))
  end)

  it("is not known when no server says it, which costs nothing more", function()
    assert.is_nil(model_context.of(db, target("openai", "plain")))
    assert.are.equal(3, count())
    assert.is_nil(model_context.of(db, target("openai", "plain")))
    assert.are.equal(0, count())
    assert.is_nil(model_context.of(db, target("openai", "mute", { file = "openai" })))
  end)

  it("stays what it was when the server does not answer", function()
    model_context.of(db, target("ollama", "plain"))
    model_context.doubt(db, "ollama:test-model")
    assert.are.equal(8192, model_context.of(db, target("ollama", "mute")))
  end)

  it("is what config.lua says, for one model before all", function()
    assert.are.equal(1000, model_context.of(db, target("ollama", "plain", { context = 1000 })))
    local contexts = { ["test-model"] = 500, other = 7 }
    assert.are.equal(500, model_context.of(db, target("ollama", "plain", { context = 1000, contexts = contexts })))
    assert.are.equal(0, count())
  end)

  it("of OpenAI's own models is known by their names", function()
    local file = kalito.script.builtin "providers/openai"
    local told = { base_url = "https://api.openai.com/v1", has = {}, options = file.defaults }
    for model, expected in pairs { ["gpt-4o-mini"] = 128000, ["gpt-4"] = 8192, ["gpt-5.1"] = 400000, o3 = 200000 } do
      told.model = model
      assert.are.equal(expected, file.context(told, 1))
    end
    told.model = "whisper-1"
    assert.are.equal("https://api.openai.com/v1/models", file.context(told, 1).url)
    assert.is_nil(file.context(told, 2))
  end)

  it("of nonsense is nothing", function()
    local openai, ollama = kalito.script.builtin "providers/openai", kalito.script.builtin "providers/ollama"
    for _, body in ipairs { {}, { data = 5 }, { data = { 5, {}, { id = {} } } }, { data = { { id = "m", meta = 7 } } },
      { default_generation_settings = "x" }, { model_info = 5, parameters = {} },
      { model_info = { ["a.context_length"] = "many" }, parameters = "num_ctx lots" } } do
      assert.is_nil(openai.parse_context(body, { model = "m" }))
      assert.are.equal(8192, ollama.parse_context(body, { options = ollama.defaults }))
    end
  end)
end)

describe("What a model is sent", function()
  local function sizes(name, behaviour, options, more)
    return models.sizes(db, target(name, behaviour, more), options or {})
  end

  it("leaves room for the answer", function()
    assert.are.same({ context = 8192, budget = 5529, holds = 8192, model_context = 8192 }, sizes("ollama", "plain"))
    assert.are.same({ 6472, 8192 }, { sizes("ollama", "plain", { answer = 1000 }).budget, 8192 })
    assert.are.equal(3686, sizes("ollama", "plain", { answer = 100000 }).budget)
    assert.are.equal(4000, models.sizes(db, nil, {}).budget)
  end)

  it("is a part of a large context, unless somebody has asked for more", function()
    assert.are.same({ context = 180000, budget = 16000, holds = 180000, model_context = 18048 },
      sizes("anthropic", "plain"))
    assert.are.equal(100000, sizes("anthropic", "plain", { budget = 100000 }).budget)
    assert.are.equal(160156, sizes("anthropic", "plain", nil, { context = 180000 }).budget)
  end)

  it("is what the caller says: a server that is told makes room, another one cannot", function()
    assert.are.same({ context = 8192, budget = 20000, holds = 22048, model_context = 20000 },
      sizes("ollama", "plain", { budget = 20000 }))
    assert.are.equal(2764, sizes("openai", "llamacpp", { budget = 20000 }).budget)
    assert.are.equal(100, sizes("openai", "llamacpp", { budget = 100 }).budget)
  end)

  it("is told to Ollama, in chats and for summaries", function()
    local chat = chats.new(nil, { model = "ollama:m" })
    assert(chat:ask("Hello", chats.options(s, "plain")))
    local body = s:body()
    assert.are.same({ 8192, false }, { body.options.num_ctx, body.truncate })
    chats.talk(chat, 40)
    local made, message = chat:summarize { model = "ollama:m", config = chats.config(s, "plain") }
    assert.is_truthy(made, message)
    assert.are.equal(8192, s:body().options.num_ctx)
  end)
end)
