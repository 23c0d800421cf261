-- Recall with vectors: how they are made, what they add, and what happens when the model does not answer. The server's
-- "bag" makes vectors that count words.
local kalito = require "kalito"
local config = require "kalito.config"
local homes = dofile "tests/fixtures/home.lua"
local policy = require "kalito.policy"
local provider = require "kalito.model.provider"
local recall = require "kalito.memory.recall"
local server = dofile "tests/fixtures/server.lua"
local vectors = require "kalito.memory.vectors"

local home, s, db, session

local function configure(model, more)
  home:config("config.lua", ("return { embedding = %q, providers = { ollama = { base_url = %q, retries = 0 } }, %s }")
    :format(model, s.url, more or ""))
  config.reload()
  policy.reload()
end

local function say(text, fields)
  local row = { session = session, role = "user", text = text }
  for key, value in pairs(fields or {}) do row[key] = value end
  return assert(db.message.add(row)).id
end

local function target(model, path)
  return assert(provider.resolve("ollama:" .. model, { providers = { ollama = { base_url = s.url .. (path or "") } } }))
end

local function fill(model, options, path)
  local counts, reports = { embedded = 0, skipped = 0, missing = 0 }, {}
  options = options or {}
  options.progress = function() end
  options.report = function(id, message) reports[#reports + 1] = id .. ": " .. message end
  local ok, message, code = vectors.fill(db, target(model, path), options, counts)
  return { ok = ok, message = message, code = code, counts = counts, reports = reports }
end

local function requests()
  return select(2, s:requests():gsub("POST /[%w_]*/?api/embed", ""))
end

-- Gives a message the vector of another text.
local function give(id, text)
  local vector = assert(provider.embed(target "bag", { text })).vectors[1]
  assert(db.vector.set { message = id, model = "ollama:bag", values = vector })
end

local function find(query, options)
  local request = { query = query }
  for key, value in pairs(options or {}) do request[key] = value end
  local hits = assert(recall.find(db, request))
  local ids = {}
  for i, hit in ipairs(hits) do ids[i] = hit.id end
  return ids, hits
end

setup(function() home, s = homes.new(), server.start() end)
teardown(function()
  home:close()
  s:stop()
  config.reload()
end)

before_each(function()
  db = assert(kalito.open(":memory:", { create = true }))
  session = assert(db.session.add { name = "Trip" }).id
  configure "ollama:bag"
  s:requests()
  home:fresh()
end)
after_each(function()
  policy.use("recall", nil)
  db.close()
end)

describe("vectors of messages", function()
  it("are made in batches, once", function()
    for i = 1, 70 do say("The boiler leaks since day " .. ("x"):rep(i)) end
    local done = fill "bag"
    assert.are.same({ embedded = 70, skipped = 0, missing = 70, dimension = 64 }, done.counts)
    assert.are.equal(3, requests())
    assert.are.equal(70, db.vector.count "ollama:bag")
    assert.are.equal(0, fill("bag").counts.embedded)
    assert.are.equal(0, requests())
  end)

  it("are made for so many messages as were asked for", function()
    for _ = 1, 50 do say "The boiler leaks" end
    assert.are.equal(40, fill("bag", { limit = 40 }).counts.embedded)
    assert.are.equal(10, fill("bag").counts.embedded)
  end)

  it("are made again for a text that has changed, and for none when another is named", function()
    local id = say "The boiler leaks"
    say "Anna likes tea"
    fill "bag"
    assert(db.message.set { id = id, text = "The boiler is new" })
    assert.are.equal(1, fill("bag").counts.embedded)
    assert.are.equal(2, fill("bag_other").counts.embedded)
    assert.are.equal(0, db.vector.count "ollama:bag")
  end)

  it("are all made anew on request, but not before the model has answered", function()
    say "The boiler leaks"
    fill "bag"
    assert.are.equal("http", fill("bag", { all = true }, "/down").code)
    assert.are.equal(1, db.vector.count "ollama:bag")
    assert.are.equal(1, fill("bag", { all = true }).counts.embedded)
  end)

  it("have one dimension for each model", function()
    say "The boiler leaks"
    fill "bag"
    say "Anna likes tea"
    local done = fill("bag", {}, "/plain") -- three numbers
    assert.are.equal("exists", done.code)
    assert.truthy(done.message:find "have 64 numbers, this one has 3")
    assert.are.equal(2, fill("bag", { all = true }, "/plain").counts.embedded)
  end)

  it("leave out a text that the server refuses, naming it, and one without any word", function()
    for _ = 1, 5 do say "The boiler leaks" end
    local bad = say "This is indigestible"
    say "123 456"
    local done = fill "picky"
    assert.is_true(done.ok)
    assert.are.equal(5, done.counts.embedded)
    assert.are.equal(2, done.counts.skipped)
    assert.are.equal(1, #done.reports)
    assert.truthy(done.reports[1]:find("^" .. bad .. ": ollama: 400 Bad Request: cannot eat that"))
  end)

  it("end with the server's words when it refuses everything", function()
    for _ = 1, 40 do say "The boiler leaks" end
    local done = fill "no_model"
    assert.are.equal("http", done.code)
    assert.truthy(done.message:find "404")
    assert.are.same({}, done.reports)
    assert.are.equal(4, requests()) -- the batch, and three alone
  end)

  it("are made of the beginning of a long text, cut between characters", function()
    say(("ü"):rep(4001))
    fill "plain"
    local input = s:body().input[1]
    assert.are.equal(("ü"):rep(4000), input)
  end)

  it("are made with the prefix that the model wants", function()
    say "The boiler leaks"
    fill "nomic-embed-text:latest"
    assert.are.equal("search_document: The boiler leaks", s:body().input[1])
    configure "ollama:nomic-embed-text:latest"
    find "boiler"
    assert.are.equal("search_query: boiler", s:body().input[1])
  end)
end)

describe("recall with vectors", function()
  it("asks nobody unless a model is named, or when the policy gives them no weight", function()
    say "The boiler leaks"
    fill "bag"
    s:requests()
    configure ""
    find "boiler"
    configure("ollama:bag", "policies = { recall = { similarity = 0 } }")
    find "boiler"
    assert.are.equal(0, requests())
    configure "ollama:bag"
    find "boiler"
    assert.are.equal(1, requests())
  end)

  it("finds what has no word of the query", function()
    local lexical = say "The boiler of the house leaks"
    local other = say "Das Ding ist kaputt"
    say "Anna likes tea in the morning"
    fill "bag"
    give(other, "broken heating")
    assert.are.same({ other }, { find("broken heating", { limit = 1 })[1] })
    local ids, hits = find "boiler broken heating"
    assert.are.equal(lexical, ids[1])
    assert.are.equal(other, ids[2])
    assert.are.equal("similarity", hits[2].reasons[1][1])
    assert.is_true(hits[2].similarity > 0.8)
  end)

  it("tells the policy how near a candidate is", function()
    local id = say "The boiler leaks"
    fill "bag"
    local seen
    policy.use("recall", { adjust = function(rows)
      seen = rows
      return rows
    end })
    find "the boiler leaks"
    assert.are.equal(id, seen[1].id)
    assert.is_true(math.abs(seen[1].similarity - 1) < 1e-3)
  end)

  it("keeps to the sessions, the limit, the budget and the message that is left out", function()
    local there = assert(db.session.add { name = "Garden" }).id
    local ids = {}
    local said = { "makes noise at night", "needs water", "manual lies in the drawer", "was dear", "stands below" }
    for i, what in ipairs(said) do ids[i] = say("The boiler " .. what) end
    local far = say("The boiler leaks there", { session = there })
    fill "bag"
    assert.are.same({ far }, (find("boiler", { session = there })))
    assert.are.equal(3, #find("boiler", { limit = 3 }))
    for _, id in ipairs(find("boiler", { without = ids[1] })) do assert.are_not.equal(ids[1], id) end
    local _, hits = find("boiler", { budget = 20 })
    local total = 0
    for _, hit in ipairs(hits) do total = total + kalito.text.tokens(hit.text) end
    assert.is_true(#hits > 0 and total <= 20)
  end)

  it("goes by words alone when the server fails, and says so once", function()
    local id = say "The boiler leaks"
    configure "ollama:resets"
    assert.are.same({ id }, (find "boiler"))
    assert.are.same({ id }, (find "boiler"))
    assert.are.equal(1, requests()) -- it is left in peace for a while
    assert.are.equal(1, #home.reports)
    assert.truthy(home.reports[1]:find "recall goes by words alone")
  end)

  it("says once that there are no vectors yet", function()
    local id = say "The boiler leaks"
    configure "ollama:bag_without"
    assert.are.same({ id }, (find "boiler"))
    find "boiler"
    assert.are.equal(1, #home.reports)
    assert.truthy(home.reports[1]:find "kalito embed")
  end)

  it("shows what says the same once, as near as the nearest of them", function()
    say("I parked the car on level three of the garage on Fifth Street.")
    local last = say("I parked the car on level three of the garage on Fifth Street!")
    fill "bag"
    give(last, "something else")
    local ids, hits = find "parked car garage"
    assert.are.same({ last }, ids)
    assert.is_true(hits[1].similarity > 0.4)
  end)
end)
