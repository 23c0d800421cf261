-- Automatic pins: what is kept, what is not, and how much of a long conversation.
local kalito = require "kalito"
local trial = require "kalito.policy.trial"
local script = require "kalito.script"

local rule = script.builtin "policies/pin"
local sentences = dofile "tests/fixtures/sentences.lua"

local function suggest(body, ctx)
  ctx = ctx or {}
  ctx.options = ctx.options or rule.defaults
  return rule.suggest({ role = ctx.role or "user", text = body }, ctx)
end

describe("the shipped rule of pins", function()
  local result = trial.run("pin", { name = "policies/pin", origin = "shipped", shipped = true,
    source = kalito.embedded "policies/pin" })
  for _, test in ipairs(result.tests) do
    it("passes: " .. test.name, function() assert.are.same({}, { table.unpack(test.problems) }) end)
  end

  it("carries at least thirty tests of its own", function()
    assert.is_true(#rule.tests >= 30)
  end)

  it("finds in the sample what its owner would not want to lose", function()
    local wanted = { "allergic to cashew", "prices with tax included", "the code is 4071", "five lines at most",
      "no plastic paint", "We decided on Halvard", "no stove this year", "the main stopcock is under the third stair",
      "we decided: text, tab separated", "one-minute median now", "to sand the old boards" }
    local all, messages = {}, 0
    for line in io.lines "scripts/examples/sample.jsonl" do
      local row = kalito.json.decode(line)
      messages = messages + 1
      for _, pin in ipairs(suggest(row.text, { role = row.role })) do all[#all + 1] = pin.content end
    end
    local text = table.concat(all, "\n")
    for _, words in ipairs(wanted) do assert.is_truthy(text:find(words, 1, true), words) end
    assert.is_true(#all <= messages * 7 / 100)
  end)

  it("keeps to three in a hundred messages when it is told how many there are", function()
    local pins = {}
    for i = 1, 500 do
      local body = ("We decided on the colour %d of Gate%s%d."):format(i, ("xyz"):rep(i % 7), i)
      for _, pin in ipairs(suggest(body, { messages = i, auto = #pins })) do pins[#pins + 1] = pin.content end
    end
    assert.are.equal(15, #pins)
  end)

  it("takes nothing from small talk", function()
    for _, body in ipairs {
      "Hey! Good to see you! How have you been?", "Thanks, you're the best.", "Haha, that's so true!",
      "I'm so proud of you, Anna. You've come a long way!", "Can't wait to see you on Saturday!",
      "We had a great weekend with the kids in the park.", "I love hiking, it makes me feel alive.",
      "Have a nice evening and take care of yourself.", "That sounds lovely, tell me more about Oslo.",
      "Yesterday we went to the beach with Tom and Mia, it was amazing.", "Remember to enjoy the little things.",
      "You should never give up on your dreams.", "I'll always remember that summer.", "ok", "👍", "Good morning!",
    } do
      assert.are.same({}, suggest(body), body)
    end
  end)

  it("keeps what people say of themselves, want and decide, in many words", function()
    for _, body in ipairs(sentences.kept) do assert.are.equal(1, #suggest(body), body) end
  end)

  it("keeps nothing of the moment: small talk, questions, tasks, stories, what stands in quotes", function()
    for _, body in ipairs(sentences.passing) do assert.are.same({}, suggest(body), body) end
  end)

  it("knows the plainest words of German, Spanish and French", function()
    for _, body in ipairs(sentences.kept_elsewhere) do assert.are.equal(1, #suggest(body), body) end
    for _, body in ipairs(sentences.passing_elsewhere) do assert.are.same({}, suggest(body), body) end
  end)

  it("refuses a near duplicate of a rejected pin, whatever its case and punctuation", function()
    local content = suggest("Please remember that Ruth has the spare key.")[1].content
    assert.are.same({}, suggest("please remember: THAT Ruth has the spare key", { pins = { content } }))
    assert.are.equal(1, #suggest("Please remember that Tom feeds the cat.", { pins = { content } }))
  end)

  it("has room for one pin of a message, no longer than its option says", function()
    local body = ("Please remember that Ruth has key %d of the cellar. "):rep(30):gsub("%%d", "7")
    local found = suggest(body)
    assert.are.equal(1, #found)
    assert.is_true(#found[1].content <= rule.defaults.room)
  end)

  it("is not slow on hostile texts", function()
    local watchdog = os.clock() + 20
    for _, body in ipairs { ("We decided on Oslo. "):rep(70), ("please remember "):rep(90), ("`"):rep(1400),
      ("```"):rep(400), (": "):rep(700), ("a:"):rep(700), ("May 1 "):rep(240) } do
      suggest(body, { shown = { body:rep(20) }, pins = { body } })
    end
    assert.is_true(os.clock() < watchdog)
  end)
end)
