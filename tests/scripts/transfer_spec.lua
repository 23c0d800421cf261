-- Import and export inside the program: what arrives is what was sent, whatever was there before.
local kalito = require "kalito"
local export = require "kalito.transfer.export"
local lines = require "kalito.transfer.lines"
local policy = require "kalito.policy"
local transfer = require "kalito.transfer.import"

local json = kalito.json

-- Standard error of a function: bad lines are named there.
local function with_errors(f, ...)
  local old, file = io.stderr, io.tmpfile()
  io.stderr = file -- luacheck: ignore
  local results = table.pack(pcall(f, ...))
  io.stderr = old -- luacheck: ignore
  file:seek "set"
  local text = file:read "a"
  file:close()
  if not results[1] then error(results[2], 0) end
  return text, table.unpack(results, 2, results.n)
end

local function input_of(text, name, source)
  local file = io.tmpfile()
  file:write(text)
  file:seek "set"
  return { name = name or "test.jsonl", file = file, source = source }
end

local function import(db, text, options)
  options = options or {}
  local errors, counts, message, code = with_errors(transfer.import, { input_of(text, options.name, options.source) },
    { open = function() return db end, into = options.into })
  return counts, errors, message, code
end

local function check(text, real)
  local errors, bad = with_errors(transfer.check, { input_of(text) }, { real = real })
  return bad, errors
end

local function export_of(db, session)
  local out = {}
  assert(export.write(db, session, function(text) out[#out + 1] = text end))
  return table.concat(out)
end

local function rows_of(noun, filter)
  local rows = {}
  for row in noun.each(filter) do rows[#rows + 1] = row end
  return rows
end

-- Everything a store holds, in an order of its own.
local function content(db)
  local all = { persona = rows_of(db.persona), session = rows_of(db.session, { order = "oldest" }) }
  for _, name in ipairs { "message", "summary", "pin" } do
    all[name] = {}
    for i, session in ipairs(all.session) do
      all[name][i] = rows_of(db[name], { session = session.id, order = "oldest" })
    end
  end
  return all
end

local function texts(db, session)
  local out = {}
  for row in db.message.each { session = session } do out[#out + 1] = row.text end
  return out
end

local function line(t)
  return json.encode(t) .. "\n"
end

local STRANGE = "quotes \" ' \\ and \\n, a tab\t, lines\r\n, 漢字かな交じり文, 🎉👩‍👩‍👧, é, \1\27[31m, \u{202E}x, </script>, %s"

-- A store with everything: archived and temporary sessions, a boundary, ties, gaps, strange texts, references.
local function fill(db)
  local p = db.persona
  assert(p.add { id = "coder", name = "coder", prompt = STRANGE, category = "code", temperature = 0.1 + 0.2, topP = 1,
    maxTokens = 100, suggested_models = '["a:b", "c"]', stopSequences = "[]", repeatPenalty = 1.1, is_default = true })
  assert(p.add { id = "plain", name = "plain", prompt = "You.", description = "one", icon = "🧭" })
  assert(db.session.add { id = "trip", name = "Trip \"漢字\"", persona = "coder", saved = true, model = "m", recap = "r",
    created_at = "2025-01-01T00:00:00.000Z", external_id = "import:1:2" })
  assert(db.session.add { id = "old", name = "Trip \"漢字\"", persona = json.null, archived_at = "2025-02-01" })
  assert(db.session.add { id = "empty" })
  for i = 1, 12 do
    local session = i % 3 == 0 and "old" or "trip"
    assert(db.message.add { session = session, role = ({ "user", "assistant", "system", "tool" })[i % 4 + 1],
      text = i .. STRANGE, created_at = ("2025-01-%02dT10:00:00.123Z"):format(i // 4 + 1),
      speaker = i % 2 == 0 and "Zoë" or nil,
      model = i % 4 == 0 and "ollama:llama" or nil, token_usage = i % 4 == 0 and 2 ^ 40 // 1 | 0 or nil,
      importance_score = i / 13, score_reasons = i % 2 == 0 and '[["user",0.6]]' or nil,
      external_id = i % 5 == 0 and "x" .. i or nil })
  end
  assert(db.message.del(5))
  local last = db.message.get(4)
  assert(db.session.set { id = "trip", boundary_at = last.created_at, boundary_id = 4, updated_at = "2025-01-20" })
  assert(db.summary.add { id = "s1", session = "trip", summary = STRANGE, message_count = 3, start_message_id = "1",
    end_message_id = "4", importance_score = 0.71 })
  assert(db.summary.add { session = "old", summary = "of nothing" })
  for i, kind in ipairs { "user", "auto", "manual", "code", "concept", "system" } do
    assert(db.pin.add { id = "p" .. i, session = i > 4 and "old" or "trip", content = i .. STRANGE, pin_type = kind,
      source_message_id = i < 3 and tostring(i * 4 - 3) or i == 3 and "no number" or nil, importance_score = i / 7 })
  end
end

local function open()
  return assert(kalito.open(":memory:", { create = true }))
end

local function filled()
  local db = open()
  fill(db)
  return db
end

-- A store in which messages have the ids that `fill` gives.
local function taken()
  local db = open()
  assert(db.session.add { id = "mine", name = "mine", created_at = "2024-01-01" })
  for i = 1, 8 do assert(db.message.add { session = "mine", role = "user", text = "mine " .. i }) end
  return db
end

describe("an export", function()
  it("begins with a manifest and puts rows before those that refer to them", function()
    local db <close> = filled()
    local seen, kinds = {}, {}
    for text in export_of(db):gmatch "[^\n]+" do
      local row = assert(json.decode(text))
      kinds[#kinds + 1] = row.kind
      if row.persona then assert.is_true(seen["persona " .. row.persona]) end
      if row.session then assert.is_true(seen["session " .. row.session]) end
      if row.kind then seen[row.kind .. " " .. row.id] = true end
    end
    assert.are.equal("persona", kinds[1])
    local manifest = json.decode(export_of(db):match "[^\n]+")
    assert.are.equal('{"kalito":1,', export_of(db):sub(1, 12))
    assert.are.same({ personas = 2, sessions = 3, messages = 11, summaries = 2, pins = 6 }, manifest.counts)
    assert.is_nil(manifest.not_exported)
  end)

  it("of one session holds that session alone, and its persona", function()
    local db <close> = filled()
    local counts = {}
    for text in export_of(db, db.session.get "trip"):gmatch "[^\n]+" do
      local kind = json.decode(text).kind or "manifest"
      counts[kind] = (counts[kind] or 0) + 1
    end
    assert.are.same({ manifest = 1, persona = 1, session = 1, message = 7, summary = 1, pin = 4 }, counts)
  end)

  it("is of one moment, while another writes", function()
    local path = os.tmpname()
    os.remove(path)
    do
      local db <close> = assert(kalito.open(path, { create = true }))
      local other <close> = assert(kalito.open(path))
      fill(db)
      local out, wrote = {}, false
      local manifest = assert(export.write(db, nil, function(text)
        out[#out + 1] = text
        wrote = wrote or assert(other.message.add { session = "trip", role = "user", text = "late" })
      end))
      assert.are.equal(0, manifest.missing)
      assert.is_nil(table.concat(out):find "late")
      assert.is_truthy(export_of(db):find "late")
    end
    os.execute("rm -f " .. path .. "*")
  end)

  it("ends its transaction when writing fails", function()
    local db <close> = filled()
    assert.has_error(function() export.write(db, nil, function() error "full" end) end)
    assert.is_truthy(db.session.add { name = "after" })
  end)
end)

describe("importing an export", function()
  it("gives an empty store the same content, field by field", function()
    local from <close> = filled()
    local to <close> = open()
    local counts, errors = import(to, export_of(from))
    assert.are.equal("", errors)
    assert.are.equal("imported 3 sessions, 11 messages; skipped 0", transfer.summary(counts))
    assert.are.same(content(from), content(to))
    assert.are.equal(export_of(from):gsub("^[^\n]*", ""), (export_of(to):gsub("^[^\n]*", "")))
  end)

  it("again adds nothing and changes nothing", function()
    local from <close> = filled()
    local to <close> = open()
    import(to, export_of(from))
    local before = content(to)
    local counts = import(to, export_of(from))
    assert.are.equal("imported 0 sessions, 0 messages; skipped 0", transfer.summary(counts))
    assert.are.equal(0, counts.personas + counts.summaries + counts.pins)
    assert.are.same(before, content(to))
  end)

  it("gives a message another id where its own is taken, and what refers to it follows", function()
    local from <close> = filled()
    local to <close> = taken()
    local mine = rows_of(to.message, { session = "mine" })
    local counts = import(to, export_of(from))
    assert.are.equal("imported 3 sessions, 11 messages; skipped 0", transfer.summary(counts))
    assert.are.same(mine, rows_of(to.message, { session = "mine" }))
    assert.are.same(texts(from, "trip"), texts(to, "trip"))
    assert.are.same(texts(from, "old"), texts(to, "old"))
    local function text_of(db, id) return db.message.get(math.tointeger(tonumber(id))).text end
    local summary = to.summary.get "s1"
    assert.are.equal(text_of(from, 1), text_of(to, summary.start_message_id))
    assert.are.equal(text_of(from, 4), text_of(to, summary.end_message_id))
    assert.are.equal(text_of(from, 1), text_of(to, to.pin.get("p1").source_message_id))
    assert.are.equal("no number", to.pin.get("p3").source_message_id)
    local session = to.session.get "trip"
    assert.are.equal(text_of(from, 4), text_of(to, session.boundary_id))
    local archived = { session = "trip", scope = "archived" }
    assert.are.equal(from.message.count(archived), to.message.count(archived))
    assert.are.equal("2025-01-20T00:00:00.000Z", session.updated_at)
  end)

  it("again, with other ids, adds nothing either", function()
    local from <close> = filled()
    local to <close> = taken()
    import(to, export_of(from))
    local before = content(to)
    local counts = import(to, export_of(from))
    assert.are.equal("imported 0 sessions, 0 messages; skipped 0", transfer.summary(counts))
    assert.are.same(before, content(to))
  end)

  it("keeps the order of messages of one time when some of them get other ids", function()
    local from <close> = open()
    local to <close> = open()
    from.session.add { id = "s", created_at = "2025-01-01" }
    for i = 1, 6 do
      from.message.add { session = "s", role = "user", text = "m" .. i, created_at = "2025-01-01" }
    end
    to.session.add { id = "mine" }
    to.message.add { id = 3, session = "mine", role = "user", text = "mine" }
    import(to, export_of(from))
    assert.are.same({ "m1", "m2", "m3", "m4", "m5", "m6" }, texts(to, "s"))
    assert.are.equal("m2", to.message.get(2).text)
    assert.are.equal("imported 0 sessions, 0 messages; skipped 0", transfer.summary(import(to, export_of(from))))
  end)

  it("loses none of two messages that are alike", function()
    local from <close> = open()
    local to <close> = taken()
    from.session.add { id = "s", created_at = "2025-01-01" }
    for _ = 1, 3 do from.message.add { session = "s", role = "user", text = "ok", created_at = "2025-01-01" } end
    assert.are.equal(3, import(to, export_of(from)).messages)
    assert.are.equal(0, import(to, export_of(from)).messages)
    local newest = to.message.find { session = "s", order = "newest", limit = 1 }[1]
    to.message.del(newest.id)
    assert.are.equal(1, import(to, export_of(from)).messages)
  end)

  it("goes on where an earlier import of the same file ended", function()
    local from <close> = filled()
    local to <close> = taken()
    local text = export_of(from)
    import(to, text:match("^(.-\n{\"kind\":\"message\".-\n{\"kind\":\"message\".-\n)"))
    assert.are.equal(2, to.message.count { session = "trip" })
    assert.are.equal(9, import(to, text).messages)
    assert.are.same(texts(from, "trip"), texts(to, "trip"))
    local boundary = to.session.get("trip").boundary_id
    assert.are.equal(from.message.get(4).text, to.message.get(boundary).text)
  end)

  it("lets no reference to a deleted message name a stranger", function()
    local from <close> = open()
    local to <close> = taken()
    from.session.add { id = "s" }
    for i = 1, 3 do from.message.add { session = "s", role = "user", text = "m" .. i } end
    from.pin.add { id = "p", session = "s", content = "c", source_message_id = "2" }
    from.message.del(2)
    import(to, export_of(from))
    assert.is_nil(to.pin.get("p").source_message_id)
  end)

  it("keeps a session and a persona that are there as they are, and adds the messages they lack", function()
    local from <close> = filled()
    local to <close> = open()
    to.persona.add { id = "coder", name = "my coder", prompt = "mine" }
    to.session.add { id = "trip", name = "my trip", saved = true }
    local counts = import(to, export_of(from))
    assert.are.equal("imported 2 sessions, 11 messages; skipped 0", transfer.summary(counts))
    assert.are.equal("my coder", to.persona.get("coder").name)
    assert.are.equal("my trip", to.session.get("trip").name)
    assert.are.equal(7, to.session.get("trip").message_count)
  end)

  it("finds a session that came from the same source under another id", function()
    local from <close> = open()
    local to <close> = open()
    local plain = line { session = "A", role = "user", text = "one", created_at = "2025-01-01" }
    import(from, plain)
    import(to, plain)
    assert.are.equal("imported 0 sessions, 0 messages; skipped 0", transfer.summary(import(to, export_of(from))))
  end)

  it("does not take away the user's default persona", function()
    local from <close> = filled()
    local to <close> = open()
    to.persona.add { id = "mine", name = "mine", prompt = "mine", category = "code", is_default = true }
    import(to, export_of(from))
    assert.is_true(to.persona.get("mine").is_default)
    assert.is_false(to.persona.get("coder").is_default)
  end)

  it("names what is wrong with a line", function()
    local db <close> = open()
    local counts, errors = import(db, '{"kalito":1}\n{"kind":"message","session":"none","role":"user","text":"x"}\n'
      .. '{"kind":"mood"}\n{"role":"user"}\n{"kind":"session","id":"s","saved":"yes"}\n'
      .. '{"kind":"session","id":"s","x":1}\n'
      .. '{"kind":"session","id":"s"}\n{"kind":"message","session":"s","role":"user","text":"x","id":1.5}\n')
    assert.are.equal("imported 1 session, 0 messages; skipped 6", transfer.summary(counts))
    for number, problem in pairs { [2] = "no session has the id 'none'", [3] = "kind must not be 'mood'",
      [4] = "kind is missing", [5] = "'saved' must be a boolean", [6] = "unknown key 'x'",
      [8] = "'id' must be an integer" } do
      assert.is_truthy(errors:find(("test.jsonl:%d: %s"):format(number, problem), 1, true), errors)
    end
  end)

  it("notices that the file was cut off", function()
    local from <close> = filled()
    local to <close> = open()
    local text = export_of(from)
    local _, errors = import(to, text:sub(1, #text // 2))
    assert.is_truthy(errors:find "the export promises 11 messages and has %d")
  end)

  it("refuses a format that is newer, and writes nothing", function()
    local db <close> = open()
    local counts, _, message, code = import(db, '{"kalito":2}\n{"kind":"session","id":"s"}\n')
    assert.is_nil(counts)
    assert.are.equal("too_new", code)
    assert.is_truthy(message:find "format 2")
    assert.are.equal(0, db.session.count())
  end)

  it("reads two exports that follow each other", function()
    local a <close> = filled()
    local b <close> = taken()
    local to <close> = open()
    assert.are.equal(19, import(to, export_of(a) .. export_of(b)).messages)
    assert.are.same(texts(b, "mine"), texts(to, "mine"))
  end)
end)

describe("importing plain lines", function()
  local function chat(n, more)
    local out = {}
    for i = 1, n do
      local row = { session = "A", role = i % 2 == 0 and "assistant" or "user", text = "message " .. i }
      for key, value in pairs(more or {}) do row[key] = value end
      out[i] = line(row)
    end
    return table.concat(out)
  end

  it("makes saved sessions that begin with their first message, in the order of the lines", function()
    local db <close> = open()
    local counts = import(db, line { session = "B", role = "user", text = "old", created_at = "2024-05-06 07:08:09" }
      .. chat(5))
    assert.are.equal("imported 2 sessions, 6 messages; skipped 0", transfer.summary(counts))
    local b = db.session.find { name = "B" }[1]
    assert.is_true(b.saved)
    assert.are.equal("2024-05-06T07:08:09.000Z", b.created_at)
    local a = db.session.find { name = "A" }[1]
    local rows = db.message.find { session = a.id }
    assert.are.equal(a.created_at, rows[1].created_at)
    for i = 1, 5 do assert.are.equal("message " .. i, rows[i].text) end
    for i = 2, 5 do assert.is_true(rows[i - 1].created_at < rows[i].created_at) end
  end)

  it("again adds nothing, and of a grown file what is new", function()
    local db <close> = open()
    import(db, chat(5))
    assert.are.equal("imported 0 sessions, 0 messages; skipped 0", transfer.summary(import(db, chat(5))))
    assert.are.equal("imported 0 sessions, 2 messages; skipped 0",
      transfer.summary(import(db, chat(7), { name = "moved.jsonl" })))
  end)

  it("loses none of several lines that are alike", function()
    local db <close> = open()
    local text = line { session = "A", role = "user", text = "ok", created_at = "2025-01-01" }
    assert.are.equal(3, import(db, text .. text .. text).messages)
    assert.are.equal(0, import(db, text .. text .. text).messages)
    assert.are.equal(1, import(db, text .. text .. text .. text).messages)
  end)

  it("adds one message when one bad line was mended", function()
    local db <close> = open()
    local function text(middle) return chat(3) .. middle .. chat(4):match "[^\n]+\n$" end
    assert.are.equal(1, import(db, text "{bad\n").skipped)
    assert.are.equal("imported 0 sessions, 1 message; skipped 0",
      transfer.summary(import(db, text(line { session = "A", role = "user", text = "mended" }))))
  end)

  it("keeps sessions of one name from several sources apart, unless they are told to be one", function()
    local db <close> = open()
    local other = line { session = "A", role = "user", text = "another beginning" } .. chat(3)
    import(db, chat(3))
    assert.are.equal("imported 1 session, 4 messages; skipped 0", transfer.summary(import(db, other)))
    assert.are.equal(2, #db.session.find { name = "A" })
    local s = db.session.add { name = "all" }
    assert.are.equal("imported 0 sessions, 3 messages; skipped 0",
      transfer.summary(import(db, chat(3), { into = s.id })))
    assert.are.equal(4, import(db, other, { into = s.id }).messages)
    assert.are.equal(0, import(db, other, { into = s.id }).messages)
    assert.are.equal(7, db.message.count { session = s.id })
  end)

  it("knows a source by the name it is given", function()
    local db <close> = open()
    import(db, chat(3), { source = "irc" })
    local grown = "\n" .. chat(3) .. line { session = "A", role = "user", text = "new" }
    assert.are.equal("imported 0 sessions, 1 message; skipped 0",
      transfer.summary(import(db, grown, { source = "irc" })))
  end)

  it("takes ids as they are, apart for each session and source", function()
    local db <close> = open()
    local function text(words, session)
      return line { session = session or "A", role = "user", text = words, id = "m1" }
    end
    assert.are.equal(2, import(db, text "one" .. text("one", "B")).messages)
    local s = db.session.find { name = "A" }[1]
    assert.are.equal("one", db.message.get_external(s.id, "m1").text)
    local counts, errors = import(db, text "one" .. text "two")
    assert.are.equal(1, counts.skipped)
    assert.is_truthy(errors:find "test.jsonl:2: the session has another message with this id", 1)
    local into = db.session.add { name = "all" }.id
    assert.are.equal(2, import(db, text "one" .. text("one", "B"), { into = into }).messages)
    assert.are.equal(0, import(db, text "one" .. text("one", "B"), { into = into }).messages)
  end)

  it("scores what brings no importance, with reasons", function()
    local db <close> = open()
    import(db, line { session = "A", role = "user", text = "Where did we park?" }
      .. line { session = "A", role = "user", text = "Where did we park?", importance = 0.125 })
    local rows = db.message.find { session = db.session.find()[1].id }
    assert.are.equal(0.8, rows[1].importance_score)
    assert.are.equal('[["user",0.6],["question",0.2]]', rows[1].score_reasons)
    assert.are.equal(0.125, rows[2].importance_score)
    assert.is_nil(rows[2].score_reasons)
  end)

  it("scores with the rule in use, and shows it nothing that cannot be stored", function()
    local db <close> = open()
    local seen = {}
    policy.use("score", { score = function(message)
      seen[#seen + 1] = message.text
      return 0.25, { { "mine", 0.25 } }
    end })
    import(db, chat(2) .. line { session = "A", role = "bot", text = "no role" }
      .. line { session = "A", role = "user" })
    policy.use("score", nil)
    assert.are.same({ "message 1", "message 2" }, seen)
    assert.are.equal(0.25, db.message.get(1).importance_score)
  end)

  it("leaves no session behind whose lines were all bad", function()
    local db <close> = open()
    local counts = import(db, line { session = "A", role = "bot", text = "x" }
      .. line { session = "A", role = "x", text = "x" })
    assert.are.equal(2, counts.skipped)
    assert.are.equal(0, db.session.count())
  end)

  it("ignores blank lines, carriage returns and a byte order mark", function()
    local db <close> = open()
    local text = "\239\187\191" .. chat(2):gsub("\n", "\r\n") .. "\n  \r\n\n" .. chat(3):match "([^\n]+)\n$"
    local counts, errors = import(db, text)
    assert.are.equal("", errors)
    assert.are.equal("imported 1 session, 3 messages; skipped 0", transfer.summary(counts))
  end)

  it("stores whole batches: what fails later leaves them", function()
    local db <close> = open()
    local n = 0
    local failing = setmetatable({ message = setmetatable({ add = function(row)
      n = n + 1
      if n > 2500 then return nil, "the disk is full", "full" end
      return db.message.add(row)
    end }, { __index = db.message }) }, { __index = db })
    local counts, _, message, code = import(failing, chat(4000))
    assert.is_nil(counts)
    assert.are.equal("full", code)
    assert.are.equal("the disk is full; before that: imported 1 session, 2000 messages; skipped 0", message)
    assert.are.equal(2000, db.message.count())
    assert.are.equal("imported 0 sessions, 2000 messages; skipped 0", transfer.summary(import(db, chat(4000))))
  end)

  it("tells whether a commit that was interrupted has happened", function()
    for _, happened in ipairs { true, false } do
      local db <close> = open()
      local failing = setmetatable({ commit = function()
        if happened then db.commit() end
        error("kalito/main.lua:1: interrupted", 0)
      end }, { __index = db })
      local _, _, message, code = import(failing, chat(10))
      assert.are.equal("interrupted", code)
      assert.is_truthy(message:find(happened and "1 session, 10 messages" or "0 sessions, 0 messages", 1, true))
      assert.are.equal(happened and 10 or 0, db.message.count())
    end
  end)
end)

describe("checking a file", function()
  it("finds what an import would skip, and writes nothing", function()
    local real <close> = taken()
    local before = content(real)
    local bad, errors = check(line { session = "A", role = "user", text = "x" } .. "{\n"
      .. line { session = "A", role = "user", text = "" } .. line { session = "A", role = "user", text = "y" }, real)
    assert.are.equal(2, bad)
    assert.is_truthy(errors:find "test.jsonl:2: " and errors:find "test.jsonl:3: message.text is empty")
    assert.are.same(before, content(real))
  end)

  it("finds nothing wrong with an export, however many batches it takes", function()
    local db <close> = open()
    db.session.add { id = "s" }
    db.begin()
    for i = 1, 2500 do db.message.add { session = "s", role = "user", text = "m" .. i } end
    db.commit()
    db.pin.add { session = "s", content = "c", source_message_id = "7" }
    assert.are.equal(0, (check(export_of(db))))
    local only = export_of(db):gsub('{"kind":"session"[^\n]*\n', "")
    assert.are.equal(0, (check(only, db)))
    assert.are.equal(2501, (check(only)))
  end)
end)

describe("lines", function()
  local function read(text)
    local reader, out = lines.open(input_of(text).file, "test"), {}
    while true do
      local one, problem = reader:read()
      if one == nil then return out, reader end
      out[#out + 1] = one or problem
    end
  end

  it("are the same at every place of a block's end", function()
    for _, size in ipairs { 65534, 65535, 65536, 65537, 131071, 131072, 200000 } do
      local long = ("x"):rep(size)
      assert.are.same({ long, "", "b", long, "end" }, (read(long .. "\n\nb\n" .. long .. "\nend")))
      assert.are.same({ long }, (read(long)))
      assert.are.same({ long, "" }, (read(long .. "\n\n")))
    end
    assert.are.same({}, (read ""))
  end)

  it("that are too long are passed over, and counted", function()
    local limit = lines.LIMIT
    lines.LIMIT = 100000
    local out, reader = read("a\n" .. ("x"):rep(300000) .. "\nb\n" .. ("\\n"):rep(90000) .. "\nc")
    lines.LIMIT = limit
    assert.are.equal("the line has 300000 bytes, more than a message may have", out[2])
    assert.are.same({ "a", "b", ("\\n"):rep(90000), "c" }, { out[1], out[3], out[4], out[5] })
    assert.are.equal(5, reader.number)
  end)
end)
