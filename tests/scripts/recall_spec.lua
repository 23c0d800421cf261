-- What recall does in the scripts: the policy's order, messages that say the same shown once, what an assistant only
-- repeats, and the features that a policy sees.
local kalito = require "kalito"
local policy = require "kalito.policy"
local recall = require "kalito.memory.recall"

local db, session
before_each(function()
  db = assert(kalito.open(":memory:", { create = true }))
  session = assert(db.session.add { name = "Trip" }).id
end)
after_each(function()
  policy.use("recall", nil)
  db.close()
end)

local function say(role, text, fields)
  local row = { session = session, role = role, text = text }
  for key, value in pairs(fields or {}) do row[key] = value end
  return assert(db.message.add(row)).id
end

local function ids(hits)
  local list = {}
  for i, hit in ipairs(hits) do list[i] = hit.id end
  return list
end

local function find(query, options)
  local request = { query = query }
  for key, value in pairs(options or {}) do request[key] = value end
  return assert(recall.find(db, request))
end

describe("recall in the scripts", function()
  it("gives rows with score and reasons, best first, and no more than asked for", function()
    for i = 1, 30 do say("user", ("The boiler of house number %d leaks from pipe %d"):format(i * 7, i * 13)) end
    local hits = find("boiler", { limit = 4 })
    assert.are.equal(4, #hits)
    for i, hit in ipairs(hits) do
      assert.is_true(hit.score > 0 and (i == 1 or hit.score <= hits[i - 1].score))
      assert.are.equal("table", type(hit.reasons))
    end
  end)

  it("raises for a limit that is out of range", function()
    assert.has_error(function() find("x", { limit = 0 }) end)
    assert.has_error(function() find("x", { limit = 1001 }) end)
  end)

  it("looks in one session, in some, or in all; as of a time", function()
    local other = assert(db.session.add { name = "Other" }).id
    local one = say("user", "The boiler leaks", { created_at = "2025-03-01" })
    local two = say("user", "A boiler is loud", { created_at = "2025-03-02", session = other })
    local function found(options)
      local list = ids(find("boiler", options))
      table.sort(list)
      return list
    end
    assert.are.same({ { one }, { two }, { one, two }, { one } }, { found { session = session },
      found { sessions = { other } }, found { all = true }, found { now = "2025-03-01T12:00:00Z" } })
    assert.has_error(function() find("boiler", { all = true, session = other }) end,
      "session, sessions and all: only one of them can be given")
    assert.has_error(function() find("boiler", { now = "soon" }) end)
    assert.has_error(function() find("boiler", { asked = "soon" }) end)
  end)

  it("shows what says the same once: the newest, naming the others", function()
    local one = say("user", "I parked the car on level three of the garage on Fifth Street.")
    say("user", "Something else about a car")
    local three = say("user", "I parked the car on level three of the garage on Fifth Street!")
    local hits = find "Where did I park the car?"
    assert.are.equal(three, hits[1].id)
    assert.are.same({ one }, hits[1].copies)
    assert.are.same({ "also said in", tostring(one) }, hits[1].reasons[1])
    assert.are.equal(2, #hits)
  end)

  it("brings no copy back into a context as the neighbour of an answer", function()
    say("user", "My camera is a Fuji with a short lens.")
    local answer = say("assistant", "A fine camera. For birds I recommend a long lens, of two hundred or more.")
    local two = say("user", "my camera is a Fuji, with a short lens")
    local chat = kalito.conversation(db, assert(db.session.add { name = "Other" }).id)
    local shown = {}
    for _, item in ipairs(assert(chat:context { budget = 1000, query = "Which camera do I use?" }).items) do
      if item.part == "recalled" then shown[#shown + 1] = math.tointeger(tonumber(item.id)) end
    end
    assert.are.same({ answer, two }, shown)
  end)

  it("counts the days of a question in a chat from its now", function()
    say("user", "I met my aunt two weeks ago, for lunch.", { created_at = "2025-01-07T00:00:00Z" })
    local henrik = say("user", "I met Henrik for lunch, and we had ramen.", { created_at = "2025-03-13T00:00:00Z" })
    local chat = kalito.conversation(db, assert(db.session.add { name = "Other" }).id)
    local query, best, first = "Whom did I meet for lunch two weeks ago?", 0, nil
    for _, item in ipairs(assert(chat:context { budget = 1000, text = query, now = "2025-03-27T00:00:00Z" }).items) do
      if item.part == "recalled" and item.score > best then best, first = item.score, item.id end
    end
    assert.are.equal(tostring(henrik), first)
    local seen
    policy.use("recall", { name = "mine", adjust = function(candidates, _, ctx)
      seen = { ctx.now, candidates[1].age_days < 100 }
      return {}
    end })
    assert(chat:context { budget = 1000, text = query, now = "2025-03-27T00:00:00Z" })
    assert.are.same({ "2025-03-27T00:00:00Z", true }, seen)
  end)

  it("shows the answer to a question that fits well, although the answer alone fits badly", function()
    for i = 1, 30 do say("user", "We talked about the weather of day " .. i) end
    say("user", "Where is the manual of the boiler?")
    local answer = say("assistant", "In the blue tin.")
    for i = 1, 30 do say("user", "We talked about the weather of week " .. i) end
    local chat = kalito.conversation(db, assert(db.session.add { name = "Other" }).id)
    local items = assert(chat:context { budget = 1000, query = "Where did I put the boiler manual?" }).items
    local why
    for _, item in ipairs(items) do
      if item.id == tostring(answer) then why = { item["in"], item.reasons } end
    end
    assert.are.same({ true, ('[["beside","%d"]]'):format(answer - 1) }, why)
  end)

  it("takes an assistant's repetition for no evidence: what he was told is shown", function()
    local told = say("user", "I parked the car on level three of the garage on Fifth Street.")
    local quoted = say("assistant", "You told me: \"I parked the car on level three of the garage on Fifth Street.\"")
    local verbatim = say("assistant", "I parked the car on level three of the garage on Fifth Street.")
    local hits = find "Where did I park the car?"
    assert.are.same({ told }, ids(hits))
    assert.are.same({ quoted, verbatim }, hits[1].copies)
  end)

  it("takes the repetition of one sentence of several for one, too", function()
    local told = say("user", "Good evening, dear assistant! I parked the car on level three of the garage. What a day!")
    local repeated = say("assistant", "Noted: I parked the car on level three of the garage.")
    local hits = find "Where did I park the car?"
    assert.are.same({ told }, ids(hits))
    assert.are.same({ repeated }, hits[1].copies)
  end)

  it("keeps an answer that only begins with a repetition", function()
    say("user", "I parked the car on level three.")
    local answer = say("assistant", "You parked the car on level three. From there it is ten minutes to the museum by"
      .. " the red tram, and the ticket for the car costs twelve dollars a day, to be paid at the machine downstairs.")
    local found = false
    for _, hit in ipairs(find "Where did I park the car?") do found = found or hit.id == answer end
    assert.is_true(found)
  end)

  it("keeps two answers that share their polite half", function()
    local polite = " Make sure that you compare several garages before you decide, and read what others say of them."
      .. " If time or money are short, tell me, and I make you a plan. I hope that this helps!"
    local one = say("assistant", "The car stands on level three of the garage on Fifth Street." .. polite)
    local two = say("assistant", "The garage on Ninth Street takes a car for two dollars." .. polite)
    assert.are.same({ one, two }, ids(find "Where does the car stand?"))
  end)

  it("keeps what a user says himself after an assistant", function()
    say("assistant", "The car stands on level three of the garage on Fifth Street.")
    local user = say("user", "The car stands on level three of the garage on Fifth Street.")
    assert.are.equal(user, find("Where does the car stand?")[1].id)
  end)

  it("lets the user show everything", function()
    for _ = 1, 3 do say("user", "I parked the car on level three of the garage.") end
    policy.use("recall", { adjust = function(rows) return rows end })
    assert.are.equal(1, #find "car")
    assert.are.equal(3, #db.recall.find { query = "car" })
    assert.are.equal(1, #db.recall.find { query = "car", similar = 0.8 })
  end)

  it("asks the policy, which sees the features and may leave out, re-order and give reasons", function()
    local one = say("user", "the boiler leaks",
      { importance_score = 0.9, created_at = "2025-01-01T00:00:00Z", speaker = "Ann" })
    local two = say("user", "a boiler is a machine that heats water", { created_at = "2025-01-02T00:00:00Z" })
    say("user", "boiler three of a kind", { created_at = "2025-01-03T00:00:00Z" })
    local seen, asked
    policy.use("recall", { adjust = function(rows, query)
      seen, asked = {}, query
      for _, row in ipairs(rows) do seen[row.id] = row end
      return { { id = two, score = 5, reasons = { { "mine", 1 } } }, { id = one, score = 4, reasons = {} },
        { id = 12345, score = 3, reasons = {} }, { id = two, score = 1, reasons = {} } }
    end })
    local hits = find "boiler"
    assert.are.same({ two, one }, ids(hits))
    assert.are.equal(5, hits[1].score)
    assert.are.same({ { "mine", 1 } }, hits[1].reasons)
    assert.are.equal("boiler", asked)
    assert.are.equal(0.9, seen[one].importance_score)
    assert.are.equal("Ann", seen[one].speaker)
    assert.are.equal("the boiler leaks", seen[one].text)
    assert.is_true(seen[one].age_days > 1)
  end)

  it("finds without the shipped policy, which has nothing to say, what it finds with it", function()
    for i = 1, 30 do say(i % 3 == 0 and "assistant" or "user", ("The boiler of house %d leaks."):format(i * 7)) end
    for _ = 1, 2 do say("user", "I parked the car beside the boiler house, on level three.") end
    local function all() return { find "boiler", find("boiler", { limit = 100 }), find("car", { limit = 1 }) } end
    local shipped, asked = policy.get "recall", 0
    local own = shipped.call
    shipped.call = function(...) asked = asked + 1 return own(...) end
    local without = all()
    assert.are.equal(0, asked)
    shipped.options.importance = 1
    find "boiler"
    assert.are.equal(1, asked)
    policy.use("recall", { adjust = kalito.script.builtin("policies/recall").adjust,
      defaults = kalito.script.builtin("policies/recall").defaults })
    assert.are.same(without, all())
  end)

  it("goes on with the shipped policy when the user's fails", function()
    local reported = policy.report
    policy.report = function() end
    local one = say("user", "the boiler leaks")
    policy.use("recall", { adjust = function() error "no" end })
    local hits = find "boiler"
    policy.report = reported
    assert.are.same({ one }, ids(hits))
  end)
end)

describe("search in the scripts", function()
  it("gives places that cut the text where the words stand", function()
    say("user", "Ünder the böiler stands a Boiler")
    local row = assert(db.search.find { query = "boiler" })[1]
    local words = {}
    for i, span in ipairs(row.spans) do words[i] = row.text:sub(span[1], span[2]) end
    assert.are.same({ "böiler", "Boiler" }, words)
    assert.are.equal(row.text, row.text:sub(row.from, row.to))
  end)

  it("raises with the place for a query that cannot be read", function()
    assert.has_error(function() db.search.find { query = '"x' } end, "search: character 1: the quote is not closed")
    assert.has_error(function() db.search.find { query = "x", sessions = "y" } end)
    assert.has_error(function() db.search.find { text = "x" } end)
  end)

  it("checks the index and makes it anew", function()
    for i = 1, 10 do say("user", "message " .. i) end
    local list, count = db.index.check()
    assert.are.same({ {}, 0 }, { list, count })
    assert.is_true(db.index.rebuild())
    assert.are.equal(10, #db.search.find { query = "message" })
  end)
end)
