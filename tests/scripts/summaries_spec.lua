-- Summaries: what is due, by a model and without one, undo and redo, summaries of summaries, and what random steps,
-- other processes and kills leave behind. KALITO_LONG=1 makes the long runs long.
local kalito = require "kalito"
local chats = dofile "tests/fixtures/chat.lua"
local archive = require "kalito.memory.archive"
local policy = require "kalito.policy"

local LONG = os.getenv "KALITO_LONG"
local s, chat, db
setup(function() s = chats.server() end)
teardown(function() s:stop() end)
before_each(function() chat, db = chats.new() end)
after_each(function()
  db.close()
  policy.use("summarize", nil)
end)

describe("Summarising", function()
  it("does nothing while nothing is due", function()
    chats.talk(chat, 40)
    assert.are.same({ n = 1 }, table.pack((chat:summarize { model = false })))
    assert.are.same({ made = {}, merged = {}, notes = {} }, chat:maintain { model = false })
  end)

  it("archives the oldest part and says where it came from", function()
    chats.talk(chat, 44)
    local row = assert(chat:summarize { model = false })
    assert.are.same({ "extract", "1", 0 }, { row.origin, row.start_message_id, row.level })
    assert.are.equal(policy.identity("summarize").hash, row.policy)
    assert.is_true(row.source_tokens > kalito.text.tokens(row.summary))
    assert.is_true(db.message.count { session = chat.id, scope = "live" } >= 10)
    assert.are.equal(44, db.message.count { session = chat.id })
    assert.is_string(db.session.get(chat.id).recap)
    assert.is_nil(chats.fault(db, chat.id))
  end)

  it("lowers the importance of what it covers, and undo gives it back", function()
    chats.talk(chat, 44)
    local before = db.message.get(1)
    assert(chat:summarize { model = false })
    local after = db.message.get(1)
    assert.are.equal(0.5, after.importance_score)
    assert.are.same({ { "user", 0.6 }, { "summarised", -0.1 } }, kalito.json.decode(after.score_reasons))
    assert(archive.undo(chat))
    assert.are.same({ before.importance_score, before.score_reasons },
      { db.message.get(1).importance_score, db.message.get(1).score_reasons })
    assert(archive.redo(chat))
    assert.are.equal(0.5, db.message.get(1).importance_score)
    assert.are.equal("not_found", select(3, archive.redo(chat)))
  end)

  it("takes a model's text that the policy accepts", function()
    chats.talk(chat, 44)
    policy.use("summarize", { accept = function() return true end })
    local row, note = chat:summarize { model = "ollama:m", config = chats.config(s, "plain") }
    assert.are.same({ chats.TEXT, "model", "ollama:m" }, { row.summary, row.origin, row.model })
    assert.is_nil(note)
  end)

  it("refuses a model's text with a reason, and extracts", function()
    chats.talk(chat, 44)
    local row, note = chat:summarize { model = "ollama:m", config = chats.config(s, "plain") }
    assert.are.equal("extract", row.origin)
    assert.is_nil(row.model)
    assert.is_truthy(note:find "^ollama:m: it speaks of something else")
  end)

  it("extracts when the model cannot be asked", function()
    chats.talk(chat, 44)
    local row, note = chat:summarize { model = "ollama:m", config = chats.config(s, "down") }
    assert.are.equal("extract", row.origin)
    assert.is_truthy(note:find "503")
  end)

  it("takes a range, which begins with the first live message", function()
    chats.talk(chat, 8)
    assert.are.equal("not_found", select(3, chat:summarize { range = { first = 3, last = 4 }, model = false }))
    local row = assert(chat:summarize { range = { last = 4 }, model = false })
    assert.are.same({ "1", "4", 4 }, { row.start_message_id, row.end_message_id, row.message_count })
    assert.are.equal("not_found", select(3, chat:summarize { range = { last = 4 }, model = false }))
  end)

  it("stores nothing when a message was changed meanwhile", function()
    chats.talk(chat, 44)
    policy.use("summarize", { extract = function()
      db.message.set { id = 3, text = "Something else." }
      return "- A summary of the boats in Oslo."
    end })
    assert.are.equal("busy", select(3, chat:summarize { model = false }))
    assert.are.equal(0, db.summary.count { session = chat.id })
    assert.are.equal(0.6, db.message.get(1).importance_score)
  end)

  it("is done once when another process was first", function()
    chats.talk(chat, 44)
    policy.use("summarize", { extract = function()
      policy.use("summarize", nil)
      assert(kalito.conversation(db, chat.id):summarize { model = false })
      return "- A summary of the boats in Oslo."
    end })
    assert.are.equal("exists", select(3, chat:summarize { model = false }))
    assert.are.equal(1, db.summary.count { session = chat.id })
    assert.are.same({ made = {}, merged = {}, notes = {} }, chat:maintain { model = false })
  end)

  it("copes with messages that hold nothing to say", function()
    chats.talk(chat, 44)
    policy.use("summarize", { extract = function() return "" end })
    local row = assert(chat:summarize { model = false })
    assert.is_truthy(row.summary:find "Nothing to keep")
  end)
end)

describe("Summaries of summaries", function()
  it("are made when there are more than a context shows, and cover them without a gap", function()
    chats.talk(chat, 400)
    local done = assert(chat:maintain { model = false })
    assert.is_true(#done.made > 4 and #done.merged > 0)
    local shown, covered = 0, 0
    for _, row in ipairs(db.summary.find { session = chat.id }) do
      if not row.parent then shown, covered = shown + 1, covered + row.message_count end
    end
    assert.are.equal(3, shown)
    assert.are.equal(400 - db.message.count { session = chat.id, scope = "live" }, covered)
    assert.is_nil(chats.fault(db, chat.id))
    assert.are.same({ made = {}, merged = {}, notes = {} }, chat:maintain { model = false })
  end)

  it("never grow beyond the limit of a summary", function()
    chats.talk(chat, 600)
    assert(chat:maintain { model = false })
    for _, row in ipairs(db.summary.find { session = chat.id }) do
      assert.is_true(kalito.text.tokens(row.summary) <= 300)
    end
  end)
end)

describe("Random steps", function()
  it("leave no gap, no overlap and no archived message uncovered", function()
    math.randomseed(20260301)
    local steps = {
      function(i) chat:add("user", "Step " .. i .. " speaks of boat " .. i .. ".") end,
      function(i) chat:add("assistant", "Answer " .. i .. " about Oslo.") end,
      function() chat:undo() end,
      function() archive.undo(chat) end,
      function() archive.redo(chat) end,
      function() chat:summarize { model = false } end,
      function()
        local rows = db.message.find { session = chat.id, scope = "live", limit = 6 }
        local last = #rows > 2 and rows[math.random(2, #rows)].id
        if last then assert(chat:summarize { range = { last = last }, model = false }) end
      end,
      function() require("kalito.memory.merging").make(chat, { model = false }) end,
      function(i) chat:edit_last("Edited in step " .. i .. ".") end,
    }
    local weights = { 30, 30, 3, 4, 2, 4, 6, 2, 3 }
    local total = 0
    for _, weight in ipairs(weights) do total = total + weight end
    for i = 1, LONG and 10000 or 1500 do
      local at, which = math.random(total), 1
      while at > weights[which] do at, which = at - weights[which], which + 1 end
      steps[which](i)
      if i % 50 == 0 then assert.is_nil(chats.fault(db, chat.id)) end
    end
    assert.is_true(db.summary.count { session = chat.id } > 5)
  end)
end)
