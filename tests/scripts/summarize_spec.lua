-- Summaries: when, of what, which answers of a model are refused, and what is made without one.
local kalito = require "kalito"
local trial = require "kalito.policy.trial"
local script = require "kalito.script"

local rule = script.builtin "policies/summarize"

local function ctx(more)
  local made = { options = rule.defaults, now = "2025-06-01T00:00:00.000Z" }
  for key, value in pairs(more or {}) do made[key] = value end
  return made
end

local sample = {}
for line in io.lines "scripts/examples/sample.jsonl" do
  local row = kalito.json.decode(line)
  row.importance_score = 0.6
  sample[row.session] = sample[row.session] or {}
  table.insert(sample[row.session], row)
end

local function part(session, first, last)
  return table.move(sample[session], first, last, 1, {})
end

describe("the shipped rule of summaries", function()
  local result = trial.run("summarize", { name = "policies/summarize", origin = "shipped", shipped = true,
    source = kalito.embedded "policies/summarize" })
  for _, test in ipairs(result.tests) do
    it("passes: " .. test.name, function() assert.are.same({}, { table.unpack(test.problems) }) end)
  end
end)

-- A live part that grows and is summarised as the rule says; at each step what must hold of a range.
local function grow(seed, roles, sizes)
  local state = seed
  local function random(n)
    state = (state * 1103515245 + 12345) % 2147483648
    return state // 65536 % n + 1
  end
  local live, id, tokens, ranges = {}, 0, 0, 0
  for _ = 1, 1500 do
    id = id + 1
    live[#live + 1] = { id = id, tokens = sizes[random(#sizes)], role = roles[random(#roles)] }
    tokens = tokens + live[#live].tokens
    local range = rule.due({ live_messages = #live, live_tokens = tokens, model_context = 4096, list = live }, ctx())
    if range then
      ranges = ranges + 1
      assert.are.equal(live[1].id, range.first)
      local count = range.last - range.first + 1
      assert.is_true(count >= 1 and count <= rule.defaults.largest and #live - count >= 2)
      local row, after = live[count], live[count + 1]
      local pairs_there = false
      for _, each in ipairs(live) do pairs_there = pairs_there or each.role ~= "user" end
      if pairs_there then assert.is_true(row.role ~= "user" and after.role == "user") end
      for _ = 1, count do tokens = tokens - table.remove(live, 1).tokens end
    end
  end
  return ranges, #live, tokens
end

describe("due", function()
  it("keeps the live part small, cuts no pair and keeps the newest, whatever comes", function()
    for seed = 1, 20 do
      local ranges, live = grow(seed, { "user", "assistant" }, { 20, 60, 200 })
      assert.is_true(ranges > 10)
      assert.is_true(live <= 60)
    end
  end)

  it("does so for chats between people, for tools, and for very long messages", function()
    assert.is_true((grow(1, { "user" }, { 30 })) > 10)
    assert.is_true((grow(2, { "user", "assistant", "tool" }, { 30, 500 })) > 10)
    assert.is_true((grow(3, { "user", "assistant" }, { 3000 })) > 10)
  end)

  it("waits when all that is there is one long exchange", function()
    local list = { { id = 1, tokens = 9000, role = "user" }, { id = 2, tokens = 9000, role = "assistant" } }
    assert.is_nil((rule.due({ live_messages = 2, live_tokens = 18000, model_context = 4096, list = list }, ctx())))
  end)
end)

describe("extract", function()
  it("never passes its limit and gives the same lines again", function()
    for _, limit in ipairs { 5, 12, 30, 80, 150, 300, 1000 } do
      for first = 1, 150, 37 do
        local messages = part("Harbour house", first, first + 39)
        local text = rule.extract(messages, ctx { limit = limit })
        assert.is_true(kalito.text.tokens(text) <= limit)
        assert.are.equal(text, rule.extract(messages, ctx { limit = limit }))
        assert.is_true(#text > 0)
      end
    end
  end)

  it("keeps what matters of the sample, with its dates", function()
    local text = rule.extract(part("Harbour house", 1, 40), ctx { limit = 300 })
    for _, words in ipairs { "2025-03-01 user: ", "allergic to cashew", "the code is 4071", "electricity 48213",
      "prices with tax included" } do
      assert.is_truthy(text:find(words, 1, true), words)
    end
    text = rule.extract(part("Harbour house", 160, 199), ctx { limit = 300 })
    assert.is_truthy(text:find("Decision: no stove this year", 1, true))
  end)

  it("gives a quote in Japanese no more room than it says", function()
    local messages, options = part("Harbour house", 46, 126), { by_pair = 1 }
    for name, value in pairs(rule.defaults) do options[name] = options[name] or value end
    local kept, without = ctx { limit = 300 }, ctx { limit = 300, options = options }
    assert.is_nil(rule.extract(messages, kept):find("太鼓", 1, true))
    assert.is_truthy(rule.extract(messages, without):find("太鼓", 1, true))
  end)

  it("is accepted by its own rule", function()
    for first = 1, 150, 40 do
      local messages = part("Harbour house", first, first + 39)
      assert.is_true((rule.accept(rule.extract(messages, ctx()), messages, ctx())))
    end
  end)

  it("names the speaker, and leaves out system and tool messages", function()
    local text = rule.extract({
      { role = "user", speaker = "Nora", text = "The roof costs 9,400 with Halvard." },
      { role = "system", text = "The secret word is Xanadu 4711." },
      { role = "tool", text = "Result: 99 errors found." },
    }, ctx())
    assert.are.equal("- Nora: The roof costs 9,400 with Halvard.", text)
  end)

  it("says a thing once", function()
    local text = rule.extract({
      { role = "user", text = "We decided on Halvard for the roof in April 2025." },
      { role = "user", text = "We decided on Halvard for the roof, in April 2025!" },
    }, ctx())
    assert.are.equal(1, select(2, text:gsub("Halvard", "")))
  end)

  it("works in Japanese and German", function()
    local text = rule.extract({ { role = "user", text = "土曜日の午後は太鼓の練習があります。駅で3時に会いましょう。" },
      { role = "user", text = "Wir haben uns für Öl entschieden, 24 mm dicke Kieferndielen bleiben." } }, ctx())
    assert.is_truthy(text:find("Kieferndielen", 1, true))
    assert.is_true(utf8.len(text) ~= nil)
  end)
end)

describe("accept", function()
  local messages = part("Harbour house", 1, 40)

  it("takes fair summaries", function()
    for _, text in ipairs {
      "- Nora and Elias have a house at 7 Skerry Lane, Port Ellary, built 1911.\n- Tam is allergic to cashew and "
        .. "pistachio; Juno is vegetarian.\n- Budget for the work: 62,000, with 8,000 in reserve.\n- Prices with tax, "
        .. "metric units.\n- Key safe on the north side, code 4071.",
      "Nora's family renovates a house; the flat is kept until the end of May. The boiler manual lies in the blue "
        .. "biscuit tin. Three roof quotes: Halvard 9,400, Brandt and Daughters 11,250, a man with a van 7,100.",
    } do
      assert.are.same({ true }, { rule.accept(text, messages, ctx()) })
    end
  end)

  it("refuses what is none, and says why", function()
    for reason, text in pairs {
      ["it is empty"] = "...",
      ["it continues the conversation"] = "The house has three rooms.\n**Assistant:** Shall I help you with the roof?",
      ["it refuses the task"] = "I'm sorry, but I can't help with the house of Nora and Elias.",
      ["it speaks of something else"] = "The patient was given antibiotics and discharged after surgery on Tuesday.",
    } do
      local ok, said = rule.accept(text, messages, ctx())
      assert.is_false(ok, reason)
      assert.are.equal(reason, said:sub(1, #reason))
    end
  end)

  it("refuses a chat that goes on between people", function()
    local chat = {}
    for i = 1, 20 do
      local speaker = i % 2 == 1 and "Ann" or "Bob"
      chat[i] = { role = "user", speaker = speaker, text = "We meet in the harbour at the boats " .. i }
    end
    assert.is_false((rule.accept("Ann: We meet in the harbour\nBob: At the boats\nAnn: We meet", chat, ctx())))
    assert.is_true((rule.accept("Ann: meets Bob in the harbour at the boats", chat, ctx())))
  end)
end)

describe("prompt", function()
  it("shows all messages, with their dates and speakers, and cuts inside no character", function()
    local prompt = rule.prompt({ { role = "user", text = ("語"):rep(10000), created_at = "2025-03-01T00:00:00.000Z" },
      { role = "user", speaker = "Bob", text = "Hi" } }, ctx())
    assert.are.equal(2, #prompt)
    assert.is_truthy(utf8.len(prompt[2].content))
    assert.is_truthy(prompt[2].content:find("[2025-03-01 user] 語", 1, true))
    assert.is_truthy(prompt[2].content:find("[Bob] Hi", 1, true))
  end)
end)

describe("importance", function()
  it("lies between 0 and 1 and follows what the messages were worth", function()
    local function of(score)
      return (rule.importance("They met.", { { role = "user", text = "Hi", importance_score = score } }, ctx()))
    end
    assert.is_true(of(0) < of(0.6) and of(0.6) < of(1) and of(1) <= 1)
  end)
end)
