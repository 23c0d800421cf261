-- Character cards: every version read, checked, given back; pictures that carry them, whole and broken; what a lorebook
-- says in a context; greetings.
local kalito = require "kalito"
local card_export = require "kalito.card.export"
local card_file = require "kalito.card.file"
local card_parts = require "kalito.card.parts"
local card_store = require "kalito.card.store"
local reader = require "kalito.card.read"
local lore = require "kalito.card.lore"
local lore_book = require "kalito.card.lore_book"
local png = require "kalito.card.png"
local cards = dofile "tests/fixtures/cards.lua"

local json = kalito.json

local function with_file(bytes, work)
  local path = os.tmpname()
  local file <close> = assert(io.open(path, "wb"))
  file:write(bytes)
  file:flush()
  local results = table.pack(pcall(work, path))
  os.remove(path)
  assert(results[1], results[2])
  return table.unpack(results, 2, results.n)
end

-- What reading a file says is wrong with it, without the file's name.
local function problem_of(bytes)
  return with_file(bytes, function(path)
    local card, message, code = card_file.read(path)
    assert.is_nil(card)
    assert.are.equal("card", code)
    assert.are.equal(path .. ": ", message:sub(1, #path + 2))
    return message:sub(#path + 3)
  end)
end

local function database()
  return assert(kalito.open(":memory:", { create = true }))
end

local function import(db, text, more)
  local item = { card = assert(reader.read(text)), path = "card.json" }
  for key, value in pairs(more or {}) do item[key] = value end
  return card_store.import(db, { item })
end

describe("A character card", function()
  local db
  before_each(function() db = database() end)
  after_each(function() db.close() end)

  for _, version in ipairs { "v1", "v2", "v3", "hybrid" } do
    it("of version " .. version .. " is given back field by field", function()
      local result = assert(import(db, cards[version]))[1]
      local root, left = card_export.root(db, result.persona)
      assert.are.same({}, left)
      assert.are.same(json.decode(cards[version]), root)
      assert.are.equal(json.encode(json.decode(cards[version])), json.encode(root))
    end)

    it("of version " .. version .. " comes back out of a picture", function()
      local row = assert(import(db, cards[version]))[1].persona
      local picture = cards.png(cards.chunk("gAMA", "\0\0\1\0"), cards.text("Chara", "{}"), cards.PIXEL)
      local bytes = assert(card_export.picture(card_export.root(db, row), picture))
      local back = with_file(bytes, function(path) return assert(card_file.read(path)) end)
      assert.are.same(json.decode(cards[version]), back.root)
      assert.is_truthy(bytes:find(cards.chunk("gAMA", "\0\0\1\0"), 1, true))
      assert.is_truthy(bytes:find(cards.PIXEL, 1, true))
      assert.are.equal(cards.END, bytes:sub(-#cards.END))
      assert.is_nil(bytes:find(cards.text("Chara", "{}"), 1, true))
    end)
  end

  it("gives a persona name, prompt and description", function()
    local original = kalito.script.builtin("personas/assistant").prompt
    local row = assert(import(db, cards.v2))[1].persona
    assert.are.equal("Ember", row.name)
    assert.are.equal("character", row.category)
    assert.are.equal("Best at night.\nSecond line.", row.description)
    assert.are.equal(original .. "\n\nStay in role.\n\n{{char}} is an old dragon.\n\n{{char}}'s personality: proud\n\n"
      .. "Scenario: A cave.", row.prompt)
    row = assert(import(db, cards.v1, { name = "Old Ember" }))[1].persona
    assert.are.equal("You are {{char}}, talking with {{user}}.\n\n{{char}} is an old dragon.\nShe guards {{user}}'s "
      .. "sleep.\n\n{{char}}'s personality: proud, dry\n\nScenario: A cave in Norway.", row.prompt)
    row = assert(import(db, cards.v3))[1].persona
    assert.are.equal("You are Em, talking with {{user}}.\n\nEm is a dragon.", row.prompt)
    assert.are.equal("Ember the Red", row.name)
  end)

  it("has greetings and examples with their placeholders filled in", function()
    local card = assert(reader.read(cards.v2))
    assert.are.same({ "Who wakes me, Anna?", "Again you.", "Ember yawns." },
      card_parts.greetings(card, { user = "Anna" }))
    card = assert(reader.read(cards.v1))
    assert.are.same({ "Who wakes Ember, the user?" }, card_parts.greetings(card))
    assert.are.same({ "Anna: Hello\nEmber: Hmpf.", "Anna: Gold?\nEmber: Mine." },
      card_parts.examples(card, { user = "Anna" }))
  end)

  it("is given back with what has been changed since", function()
    local row = assert(import(db, cards.hybrid))[1].persona
    assert(db.persona.set { id = row.id, name = "Cinder", prompt = "Be brief.", description = "Short.",
      temperature = 0.5, stopSequences = '["END"]' })
    local root = card_export.root(db, db.persona.get(row.id))
    assert.are.same({ "Cinder", "Cinder", "", "Be brief.", "Short." }, { root.name, root.data.name,
      root.data.description, root.data.system_prompt, root.data.creator_notes })
    assert.are.same({ temperature = 0.5, stopSequences = { "END" } }, root.data.extensions.kalito)
    assert.are.equal("Hm?", root.data.first_mes)
    local again = assert(import(db, json.encode(root), { name = "Again" }))[1].persona
    assert.are.same({ "Be brief.", "Short.", 0.5, '["END"]' },
      { again.prompt, again.description, again.temperature, again.stopSequences })
  end)

  it("of version 1 says what has no place in it", function()
    local row = assert(import(db, cards.v1))[1].persona
    assert(db.persona.set { id = row.id, prompt = "You are {{char}}, talking with {{user}}.\n\nNew.", topP = 0.5 })
    row = db.persona.get(row.id)
    local root, left = card_export.root(db, row)
    assert.are.same({ "topP" }, left)
    assert.are.same({ "New.", "", "" }, { root.description, root.personality, root.scenario })
    root, left = card_export.root(db, row, "v2")
    assert.are.same({}, left)
    assert.are.equal(0.5, root.data.extensions.kalito.topP)
  end)

  it("becomes another version and loses nothing", function()
    local row = assert(import(db, cards.v1))[1].persona
    local root = card_export.root(db, row, "v3")
    assert.are.same({ "chara_card_v3", "3.0", "proud, dry" }, { root.spec, root.spec_version, root.data.personality })
    assert.are.same(json.decode(cards.v1).metadata, root.metadata)
    assert.are.same({}, root.data.group_only_greetings)
    assert(reader.read(json.encode(root)))
    row = assert(import(db, cards.v3))[1].persona
    root = card_export.root(db, row, "v2")
    assert.are.same({ "chara_card_v2", "2.0", "Em" }, { root.spec, root.spec_version, root.data.nickname })
    assert.are.same(json.decode(cards.v3).data, root.data)
  end)

  it("is made of a persona that has none, and gives the same persona back", function()
    local row = assert(db.persona.add { name = "chef", prompt = "You cook.", temperature = 0.3, maxTokens = 100,
      category = "home", suggested_models = '["ollama:m"]', description = "Cooks." })
    local root = card_export.root(db, row, "v3")
    local back = assert(import(db, json.encode(root), { name = "chef 2" }))[1].persona
    for _, key in ipairs { "prompt", "temperature", "maxTokens", "category", "suggested_models", "description" } do
      assert.are.equal(row[key], back[key])
    end
  end)

  it("that is there already adds nothing; another one of its name needs leave", function()
    local first = assert(import(db, cards.v2))[1]
    assert.are.equal("present", assert(import(db, cards.v2))[1].outcome)
    local none, message, code = import(db, cards.hybrid)
    assert.are.same({ nil, "exists" }, { none, code })
    assert.is_truthy(message:find("card.json: a persona is called 'Ember' already", 1, true))
    local item = { card = assert(reader.read(cards.hybrid)), path = "card.json" }
    local result = assert(card_store.import(db, { item }, true))[1]
    assert.are.same({ "replaced", first.persona.id }, { result.outcome, result.persona.id })
    assert.is_nil(result.persona.description)
    assert.are.same(json.decode(cards.hybrid), (card_export.root(db, result.persona)))
  end)

  it("is taken in together with the others or not at all", function()
    local items = {}
    for i, version in ipairs { "v3", "v1", "v2" } do
      items[i] = { card = assert(reader.read(cards[version])), path = version }
    end
    local before = db.persona.count()
    assert.is_nil((card_store.import(db, items)))
    assert.are.same({ before, 0 }, { db.persona.count(), db.card.count() })
  end)
end)

-- ---- what is refused ----

local function v2(fields)
  local root = json.decode(cards.v2)
  for key, value in pairs(fields) do root.data[key] = value end
  return json.encode(root)
end

local function book(entry)
  return v2 { character_book = { entries = { {}, entry } } }
end

describe("A file that holds no usable card", function()
  local long = ("x"):rep((1 << 20) + 1)
  local texts = {
    ["is no JSON: "] = { "{", '{"name":"a\\u0000b"}', '{"name":"a","name":"b"}' },
    ["is no JSON object"] = { "[]", "1", '"x"', "null" },
    ["is no JSON: JSON is nested deeper than 200"] = { '{"a":' .. ("["):rep(1000) .. ("]"):rep(1000) .. "}" },
    ["is no JSON: maximum parsing depth"] = { ("["):rep(100000) .. ("]"):rep(100000) },
    ["is not valid UTF-8 (byte 11)"] = { '{"name":"a\xC3","x":1}', '{"name":"a\xED\xA0\x80"}' },
    ["is no character card: it has neither"] = { "{}", '{"char_name":"x"}', '{"spec":null,"name":null}' },
    ["is a lorebook of its own"] = { '{"entries":{"0":{}}}', '{"spec":"lorebook_v3","data":{}}' },
    ["spec 'chara_card_v9' is not known"] = { '{"spec":"chara_card_v9","data":{}}' },
    ["spec must be a text, not a number"] = { '{"spec":2}' },
    ["data is missing"] = { '{"spec":"chara_card_v2"}' },
    ["data must be an object, not a list"] = { '{"spec":"chara_card_v2","data":[]}' },
    ["data.name is missing"] = { '{"spec":"chara_card_v2","data":{}}' },
    ["name must be a text, not a number"] = { '{"name":5}' },
    ["data.name is empty"] = { v2 { name = " \n" } },
    ["data.name has 300 bytes"] = { v2 { name = ("x"):rep(300) } },
    ["data.name has characters that steer"] = {
      v2 { name = "a\27[31mb" }, v2 { name = "a\u{202E}b" }, v2 { name = "a\nb" },
    },
    ["data.description must be a text, not an object"] = { v2 { description = {} } },
    ["data.description has 1048577 bytes"] = { v2 { description = long } },
    ["data.alternate_greetings must be a list of texts"] = { v2 { alternate_greetings = "x" } },
    ["data.alternate_greetings[2] must be a text"] = { v2 { alternate_greetings = { "a", 1 } } },
    ["data.extensions must be an object"] = { v2 { extensions = 5 } },
    ["data.extensions.kalito must be an object"] = { v2 { extensions = { kalito = true } } },
    ["data.extensions.kalito.topP must be a number"] = { v2 { extensions = { kalito = { topP = "x" } } } },
    ["data.character_book must be an object"] = { v2 { character_book = { 1 } } },
    ["data.character_book.entries must be a list"] = { v2 { character_book = { entries = { a = 1 } } } },
    ["data.character_book.entries[2] must be an object"] = { book(5) },
    ["data.character_book.entries[2].keys must be a list"] = { book { keys = "a" } },
    ["data.character_book.entries[2].content must be a text"] = { book { content = 1 } },
    ["data.character_book.entries[2].insertion_order must be a number"] = { book { insertion_order = "1" } },
    ["is UTF-16 text"] = { "\xFF\xFE{\0" },
    ["is a WEBP picture: only JSON and PNG"] = { "RIFF\1\0\0\0WEBPVP8 " },
    ["is a JPEG picture"] = { "\xFF\xD8\xFF\xE0" },
    ["is a CHARX or other zip file"] = { "PK\3\4abc" },
    ["is empty"] = { "" },
    ["has more than 16777216 bytes"] = { (" "):rep((16 << 20) + 1) },
  }
  for expected, list in pairs(texts) do
    it("is named: " .. expected, function()
      for _, text in ipairs(list) do
        local said = problem_of(text)
        assert.are.equal(expected, said:sub(1, #expected))
      end
    end)
  end

  it("has too many entries of lore", function()
    local entries = {}
    for i = 1, reader.ENTRIES + 1 do entries[i] = {} end
    assert.is_truthy(problem_of(v2 { character_book = { entries = entries } }):find "entries has 10001 entries")
  end)

  it("asks for settings that no persona has", function()
    local db = database()
    local none, message = import(db, v2 { extensions = { kalito = { temperature = 9 } } })
    assert.is_nil(none)
    assert.are.equal("card.json: persona.temperature must be between 0 and 2, got 9", message)
    assert.are.equal(0, db.card.count())
    db.close()
  end)

  it("makes a prompt that is too long by saying little often", function()
    local root = json.decode(cards.v3)
    root.data.description, root.data.nickname = ("{{char}}"):rep(100000), ("N"):rep(255)
    local db = database()
    local none, message = import(db, json.encode(root))
    assert.is_nil(none)
    assert.is_truthy(message:find "the prompt that it makes has %d+ bytes")
    local row = assert(import(db, v2 { system_prompt = ("{{original}}"):rep(50000) }))[1].persona
    assert.is_true(#row.prompt < 5000)
    db.close()
  end)

  it("is not what a newer version of the format is: that is told, and kept", function()
    local root = json.decode(cards.v3)
    root.spec_version, root.data.novelty = "3.5", { 1 }
    local card = assert(reader.read(json.encode(root)))
    assert.is_truthy(card.notes[1]:find("spec_version 3.5 is newer than 3.0", 1, true))
    assert.are.same({ 1 }, card.root.data.novelty)
  end)
end)

describe("A picture", function()
  local function read(bytes)
    return png.read(bytes)
  end

  it("gives its card wherever the chunk stands", function()
    assert.are.equal("{}", (read(cards.png(cards.text("chara", "{}"), cards.PIXEL))))
    assert.are.equal("{}", (read(cards.png(cards.PIXEL, cards.text("chara", "{}")))))
    assert.are.equal("{3}", (read(cards.png(cards.text("chara", "{2}"), cards.PIXEL, cards.text("ccv3", "{3}")))))
    assert.are.equal("{}", (read(cards.png(cards.text("CHARA", "{}")) .. "rubbish behind the end")))
    assert.are.equal("{}", (read(cards.png(cards.text("chara", "{}"), cards.chunk("zTXt", "chara\0\0x")))))
  end)

  it("gives it from packed and international texts too", function()
    local base = cards.base64(cards.v3)
    for _, chunk in ipairs {
      cards.chunk("zTXt", "ccv3\0\0" .. cards.zlib(base)), cards.chunk("zTXt", "chara\0\0" .. cards.zlib(cards.v3)),
      cards.chunk("iTXt", "ccv3\0\0\0en\0card\0" .. cards.v3), cards.chunk("iTXt", "chara\0\0\0\0\0" .. base),
      cards.chunk("iTXt", "ccv3\0\1\0\0\0" .. cards.zlib(base)),
    } do
      assert.are.equal(cards.v3, (read(cards.png(cards.PIXEL, chunk))))
    end
    -- What zlib makes of forty times the letter a.
    local packed = "\x78\x9c\x4b\x4c\x24\x0e\x00\x00\x36\xeb\x0f\x29"
    assert.are.equal(("a"):rep(40), kalito.binary.inflate(packed, 1, #packed, 40))
  end)

  it("is not unpacked beyond a limit", function()
    local bytes = cards.png(cards.chunk("zTXt", "chara\0\0" .. cards.zlib(("x"):rep(2000))))
    local most <const> = png.UNPACKED
    png.UNPACKED = 1999
    local _, message = png.read(bytes)
    png.UNPACKED = most
    assert.are.equal("its chara chunk has more than 1999 bytes", message)
  end)

  local fine = cards.png(cards.text("chara", cards.v2), cards.PIXEL)
  local broken = {
    ["is a picture without a character card"] = cards.png(cards.PIXEL, cards.chunk("tEXt", "Comment\0chara")),
    ["its chara chunk cannot be unpacked"] = cards.png(cards.chunk("zTXt", "chara\0\0x")),
    ["its ccv3 chunk cannot be unpacked"] = cards.png(cards.chunk("zTXt", "ccv3\0\0" .. cards.zlib("{}"):sub(1, -2))),
    ["its chara chunk is packed in an unknown way"] = cards.png(cards.chunk("zTXt", "chara\0\1" .. cards.zlib "{}")),
    ["its ccv3 chunk is packed in an unknown way"] = cards.png(cards.chunk("iTXt", "ccv3\0\2\0\0\0{}")),
    ["its ccv3 chunk is packed in an unknown way "] = cards.png(cards.chunk("iTXt", "ccv3\0\0\0{}")),
    ["is no PNG"] = "\x89PNG\r\n\x1a",
    ["is cut off: it has no IEND chunk"] = cards.SIGNATURE .. cards.HEAD .. cards.PIXEL,
    ["is no PNG: it does not begin with an IHDR"] = cards.SIGNATURE .. cards.PIXEL .. cards.END,
    ["the tEXt chunk at byte 34 is damaged"] = cards.png(cards.chunk("tEXt", "chara\0e30=", 12345)),
    ["the IDAT chunk at byte 34 is damaged"] = cards.png(cards.chunk("IDAT", "x", 1), cards.text("chara", "{}")),
    ["the tEXt chunk at byte 34 is cut off: it should have 4294967295"] = cards.SIGNATURE .. cards.HEAD
      .. "\xFF\xFF\xFF\xFFtEXt" .. ("x"):rep(50),
    ["the tEXt chunk at byte 34 is cut off: it should have 2147483647"] = cards.SIGNATURE .. cards.HEAD
      .. "\x7F\xFF\xFF\xFFtEXt" .. ("x"):rep(50),
    ["byte 34 begins no chunk"] = cards.png "\0\0\0\0t\0Xtxxxx",
    ["its chara chunk is not base64 (character 4"] = cards.png(cards.chunk("tEXt", "chara\0e30*")),
    ["its ccv3 chunk is not base64"] = cards.png(cards.chunk("tEXt", "ccv3\0e30\n"), cards.text("chara", "{}")),
  }
  for expected, bytes in pairs(broken) do
    it("that is broken is named: " .. expected, function()
      expected = expected:match "^(.-)%s*$"
      assert.are.equal(expected, problem_of(bytes):sub(1, #expected))
    end)
  end

  it("cut off or changed at any byte never gives a card, and never raises", function()
    for i = 0, #fine - 1 do assert.is_nil((read(fine:sub(1, i)))) end
    for i = 1, #fine do
      local other = fine:sub(1, i - 1) .. string.char(fine:byte(i) ~ 0x20) .. fine:sub(i + 1)
      assert.is_nil((read(other)), "byte " .. i)
    end
  end)

  it("with very many chunks is refused", function()
    local chunk = cards.chunk("teSt", "")
    assert.are.equal("has more than 100000 chunks", problem_of(cards.png(chunk:rep(100001))))
  end)

  it("of one pixel is made where there is none", function()
    assert.are.equal("is a picture without a character card", select(2, png.read(png.pixel())))
    assert.are.equal("{}", (png.read(assert(png.write(png.pixel(), { { "chara", "{}" } })))))
  end)
end)

describe("A lorebook of its own", function()
  local lore_file = require "kalito.card.lore_file"
  local world = [[{"name":"North","entries":{"10":{"uid":10,"key":["tea"],"keysecondary":["milk"],"selective":true,
    "content":"Tea is rare.","order":5,"disable":false,"comment":"tea","position":0,"probability":80,"depth":4,
    "caseSensitive":null},
    "2":{"uid":2,"key":[],"keysecondary":[],"constant":true,"content":"It is cold.","order":1,"disable":false},
    "3":{"uid":3,"key":["off"],"content":"Off.","order":2,"disable":true}},"extra":1}]]
  local db
  before_each(function() db = database() end)

  it("goes into a persona that has a card, and into one that has none", function()
    local made = assert(lore_file.book(json.decode(world)))
    local rows = { assert(import(db, cards.v2))[1].persona, assert(import(db, cards.v1, { name = "B" }))[1].persona,
      assert(db.persona.add { name = "C", prompt = "You cook." }) }
    for _, row in ipairs(rows) do
      local before = db.card.get(row.id) and card_export.root(db, row, "v2")
      local card = assert(card_store.add_book(db, row, json.decode(json.encode(made)), "world.json"))
      local texts = {}
      for _, note in ipairs(lore.find(card, { "tea with milk" })) do texts[#texts + 1] = note.text end
      assert.is_truthy(table.concat(texts, "|"):find("It is cold.|Tea is rare.", 1, true))
      assert.are.equal(row.prompt, db.persona.get(row.id).prompt)
      local root = card_export.root(db, row)
      local entries = root.data.character_book.entries
      root.data.character_book, before = nil, before or root
      before.data.character_book = nil
      assert.are.same(before, root)
      -- A second time it adds nothing.
      assert(card_store.add_book(db, row, json.decode(json.encode(made)), "world.json"))
      assert.are.same(entries, card_export.root(db, row).data.character_book.entries)
    end
  end)

  it("keeps what is not known of its entries, in the order of their numbers", function()
    local made = assert(lore_file.book(json.decode(world)))
    assert.are.same({ "It is cold.", "Off.", "Tea is rare." },
      { made.entries[1].content, made.entries[2].content, made.entries[3].content })
    assert.are.same({ name = "North", extra = 1 }, { name = made.name, extra = made.extensions.extra })
    local tea = made.entries[3]
    assert.are.same({ { "tea" }, { "milk" }, true, 5, true, "before_char", 10, 80, 4 }, { { table.unpack(tea.keys) },
      { table.unpack(tea.secondary_keys) }, tea.selective, tea.insertion_order, tea.enabled, tea.position, tea.id,
      tea.extensions.probability, tea.extensions.depth })
    assert.is_false(made.entries[2].enabled)
  end)

  it("may be of version 3, or bare, and is refused when it is neither", function()
    local bare = [[{"extensions":{},"entries":[{"keys":["tea"],"content":"Rare.","enabled":true,"insertion_order":1}]}]]
    for _, text in ipairs { bare, ('{"spec":"lorebook_v3","data":%s}'):format(bare) } do
      assert.are.equal("Rare.", lore_file.book(json.decode(text)).entries[1].content)
    end
    for _, text in ipairs { cards.v2, cards.v1, '{"entries":5}', "{}" } do
      assert.is_nil(lore_file.book(json.decode(text)))
    end
    assert.are.equal("data.entries is missing", select(2, lore_file.book(json.decode '{"spec":"lorebook_v3"}')))
    assert.are.equal("entries.x is no entry", select(2, lore_file.book(json.decode '{"entries":{"x":{}}}')))
    local row = assert(db.persona.add { name = "C", prompt = "You cook." })
    local _, message = card_store.add_book(db, row, json.decode '{"entries":[{"keys":5}]}', "w.json")
    assert.are.equal("w.json: data.character_book.entries[1].keys must be a list of texts, not a number", message)
    assert.is_nil(db.card.get(row.id))
  end)
end)

-- ---- lore ----

describe("The lore of a card", function()
  local function entries(list, more)
    local own = { extensions = {}, entries = list }
    for key, value in pairs(more or {}) do own[key] = value end
    return assert(reader.read(v2 { character_book = own, mes_example = "" }))
  end

  local function found(card, ...)
    local out = {}
    for i, note in ipairs(lore.find(card, { ... })) do out[i] = note.text end
    return table.concat(out, " ")
  end

  it("speaks when a key occurs, and says which", function()
    local card = assert(reader.read(cards.v2))
    local list = lore.find(card, { "Show me the HOARD!" })
    assert.are.equal("The cave is in Norway.", list[1].text)
    assert.are.equal('[["constant","always"]]', list[1].reasons)
    assert.are.equal("The hoard of Ember lies below.", list[2].text)
    assert.are.equal('[["keyword","hoard"]]', list[2].reasons)
    assert.are.equal("Example of a dialogue:\nthe user: Hello\nEmber: Hmpf.", list[3].text)
    assert.is_true(list[1].score > list[2].score and list[2].score > list[3].score)
    assert.are.equal('[["keyword","red dragon"]]', lore.find(card, { "A red  dragon's gold" })[2].reasons)
    assert.are.equal(2, #lore.find(card, { "The boards, a tea, a red fox and a dragon" }))
  end)

  it("knows whole words, their plural, case and scripts without blanks", function()
    local card = entries { { keys = { "gold" }, content = "A" },
      { keys = { "Rose" }, case_sensitive = true, content = "B" },
      { keys = { "龍" }, content = "C" }, { keys = { "École" }, content = "D" } }
    assert.are.equal("A", found(card, "two golds"))
    assert.are.equal("", found(card, "marigold, goldfish"))
    assert.are.equal("B", found(card, "I rose, and Rose left"))
    assert.are.equal("", found(card, "I rose; Rosemary"))
    assert.are.equal("C", found(card, "古龍だ"))
    assert.are.equal("D", found(card, "une ÉCOLE"))
  end)

  it("needs a second key where it is selective", function()
    local card = entries { { keys = { "gold" }, secondary_keys = { "dwarf" }, selective = true, content = "A" },
      { keys = { "gold" }, secondary_keys = { "dwarf" }, selective = false, content = "B" } }
    assert.are.equal("B", found(card, "gold"))
    assert.are.equal("A B", found(card, "gold of a dwarf"))
    assert.are.equal("A B", found(card, "gold", "a dwarf"))
    assert.are.equal("", found(card, "a dwarf"))
  end)

  it("stands in its order, and goes in by priority", function()
    local card = entries { { keys = { "x" }, content = "late", insertion_order = 9, priority = 1 },
      { keys = { "x" }, content = "early", insertion_order = 1, priority = 5 },
      { keys = { "x" }, content = "same", insertion_order = 1, priority = 3 } }
    assert.are.equal("early same late", found(card, "x"))
    local score = {}
    for _, note in ipairs(lore.find(card, { "x" })) do score[note.text] = note.score end
    assert.is_true(score.early > score.same and score.same > score.late)
  end)

  it("keeps to its own budget, the most important first", function()
    local text = ("word "):rep(40)
    local card = entries({ { constant = true, content = "1 " .. text, priority = 1 },
      { constant = true, content = "2 " .. text, priority = 2 } }, { token_budget = 60 })
    local list = lore.find(card, {})
    assert.are.equal(1, #list)
    assert.are.equal("2", list[1].text:sub(1, 1))
  end)

  it("looks through as many messages as it says", function()
    local card = entries({ { keys = { "gold" }, content = "A" } }, { scan_depth = 2 })
    assert.are.equal("A", found(card, "no", "gold"))
    assert.are.equal("", found(card, "no", "no", "gold"))
    card = entries({ { keys = { "red dragon" }, content = "A" } })
    assert.are.equal("", found(card, "dragon", "red"))
  end)

  it("may lead to other lore when it is recursive", function()
    local list = { { keys = { "gold" }, content = "The dwarf has it." },
      { keys = { "dwarf" }, content = "He is Alf." } }
    assert.are.equal("The dwarf has it.", found(entries(list), "gold"))
    assert.are.equal("The dwarf has it. He is Alf.", found(entries(list, { recursive_scanning = true }), "gold"))
    list = { { keys = { "a" }, content = "b" }, { keys = { "b" }, content = "a" } }
    assert.are.equal("b a", found(entries(list, { recursive_scanning = true }), "a"))
  end)

  it("understands regular expressions, and names those that it does not", function()
    local card = assert(reader.read(cards.v3))
    assert.are.same({ { key = "/fire.*(?=water)/", problem = "it looks ahead or behind", number = 2 } },
      lore_book.of(card).skipped)
    assert.are.equal("Small cousins.", found(card, "a Wyrm"))
    assert.are.equal("", found(card, "fire and water"))
    card = entries { { keys = { "/Ash\\.1|Oak/", "/x[a-z]+/", "a/b" }, content = "A" } }
    assert.are.equal("A", found(card, "the Ash.1"))
    assert.are.equal("A", found(card, "xy"))
    assert.are.equal("", found(card, "the ash.1 and Ash21"))
    assert.are.equal("A", found(card, "an a/b test"))
  end)

  it("obeys the decorators that say when", function()
    local card = entries { { keys = { "gold" }, content = "@@exclude_keys coin, ring\n@@additional_keys silver\nA" },
      { content = "@@activate\nB" }, { constant = true, content = "@@dont_activate\nC" },
      { constant = true, content = "@@x" } }
    assert.are.equal("B", found(card, "x"))
    assert.are.equal("A B", found(card, "silver"))
    assert.are.equal("B", found(card, "a gold ring"))
  end)

  it("is not slowed down by what a stranger may write", function()
    local many = {}
    for i = 1, 5000 do many[i] = "key" .. i end
    local list = {}
    for i = 1, 200 do list[i] = { keys = many, content = ("@@a b\n"):rep(2000) .. "x" } end
    local began = os.clock()
    found(entries(list, { recursive_scanning = true }), ("wo rd "):rep(5000))
    assert.is_true(os.clock() - began < 60) -- a watchdog
  end)
end)

describe("A conversation with a character", function()
  local db, chat, persona
  before_each(function()
    db = database()
    persona = assert(import(db, cards.v2))[1].persona
    chat = kalito.conversation(db, assert(card_store.begin(db, { persona = persona.id })).id)
  end)
  after_each(function() db.close() end)

  local function pins(context)
    local list = {}
    for _, item in ipairs(context.items) do
      if item.part == "pin" then list[#list + 1] = item.id .. (item["in"] and "" or " out") end
    end
    return table.concat(list, " ")
  end

  it("begins with the greeting", function()
    local row = db.message.find({ session = chat.id })[1]
    assert.are.same({ "assistant", "Who wakes me, the user?", "Ember" }, { row.role, row.text, row.speaker })
    local other = assert(card_store.begin(db, { persona = persona.id }, 3))
    assert.are.equal("Ember yawns.", db.message.find({ session = other.id })[1].text)
    other = assert(card_store.begin(db, { persona = persona.id }, false))
    assert.are.equal(0, other.message_count)
    local before = db.session.count()
    local none, message, code = card_store.begin(db, { persona = persona.id }, 4)
    assert.are.same({ nil, "not_found", before }, { none, code, db.session.count() })
    assert.is_truthy(message:find "no greeting number 4: it has 3")
  end)

  it("shows lore among the pins, explained like them, and within the budget", function()
    assert(chat:pin "Anna likes gold.")
    local context = assert(chat:context { text = "Where is the hoard?", budget = 4000 })
    local own = db.pin.find({ session = chat.id })[1].id
    assert.are.equal(own .. " lore:2 lore:1 example:1", pins(context))
    assert.is_truthy(context.messages[1].content:find("- The hoard of Ember lies below.", 1, true))
    for budget = 300, 400, 7 do
      context = assert(chat:context { text = "Where is the hoard?", budget = budget })
      assert.is_true(context.tokens <= budget)
      for _, item in ipairs(context.items) do assert.is_truthy(item.why ~= "") end
    end
  end)

  it("remembers a key for the messages that the book looks back", function()
    assert(chat:add("user", "Tell me of the hoard."))
    assert.are.equal("lore:2 lore:1 example:1", pins(assert(chat:context { text = "And then?", budget = 4000 })))
    assert(chat:add("assistant", "No."))
    assert.are.equal("lore:2 example:1", pins(assert(chat:context { text = "And then?", budget = 4000 })))
    local stored = assert(chat:add("user", "hoard"))
    assert.are.equal("lore:2 lore:1 example:1", pins(assert(chat:context { message = stored.id, budget = 4000 })))
  end)

  it("speaks as another persona without its lore", function()
    local other = assert(db.persona.add { name = "chef", prompt = "You cook." })
    assert.are.equal("", pins(assert(chat:context { text = "hoard", budget = 4000, persona = other.id })))
    assert(db.card.set { id = persona.id, card = cards.hybrid })
    assert.are.equal("", pins(assert(chat:context { text = "hoard", budget = 4000 })))
    assert(db.card.set { id = persona.id, card = "no card" })
    assert.are.equal("", pins(assert(chat:context { text = "hoard", budget = 4000 })))
  end)
end)
