-- What crosses the boundary whole: numbers in JSON, and lists of rows of every length around a page.
local kalito = require "kalito"

describe("values across the boundary", function()
  it("come back from JSON as they were, whole numbers and others", function()
    local list = { 0, -1, 9, 10, -10, 99, 100, math.maxinteger, math.mininteger, 0.0, -0.5, 1e15, 1e300, 0.1, 2 / 3 }
    for shift = 0, 62 do list[#list + 1] = 1 << shift end
    for n = 0, 2000 do list[#list + 1] = n / 1000 end
    for _, n in ipairs { 53035, 999999, 10 ^ 11, 999999999999, 10 ^ 12, 10 ^ 12 + 1 } do list[#list + 1] = n / 1000 end
    for _, x in ipairs { -0.0, 0.0005, 1 / 1024, 0.1 + 0.2, 5e-324 } do list[#list + 1] = x end
    local text = kalito.json.encode(list)
    local found = kalito.json.decode(text)
    for i, value in ipairs(list) do
      assert.are.equal(value, found[i])
      assert.are.equal(math.type(value), math.type(found[i]))
      local format = math.type(value) == "integer" and "%d" or "%.15g"
      local plain = format:format(value)
      if tonumber(plain) ~= value then plain = ("%.17g"):format(value) end
      if format ~= "%d" and not plain:find "[.e]" then plain = plain .. ".0" end
      assert.are.equal(plain, kalito.json.encode(value))
    end
  end)

  it("are as many rows as there are, and no more than asked for", function()
    local db <close> = assert(kalito.open(":memory:", { create = true }))
    local session = assert(db.session.add {}).id
    for i = 1, 130 do assert(db.message.add { session = session, role = "user", text = "message " .. i }) end
    for _, limit in ipairs { 1, 2, 63, 64, 65, 128, 129, 130, 200 } do
      local rows = assert(db.message.find { session = session, limit = limit })
      assert.are.equal(math.min(limit, 130), #rows)
      assert.are.equal(#rows, rows[#rows].id)
    end
    assert.are.equal(130, #db.message.find { session = session })
  end)

  it("are the items of a kept context when they are asked for, and the same as those of another", function()
    local db <close> = assert(kalito.open(":memory:", { create = true }))
    local session = assert(db.session.add {}).id
    for i = 1, 5 do assert(db.message.add { session = session, role = "user", text = "message " .. i }) end
    local request = { session = session, budget = 1000, text = "What is new?" }
    local plain = assert(db.context.build(request))
    request.keep = true
    local kept = assert(db.context.build(request))
    assert.are.same({ nil, nil }, { rawget(kept, "items"), kept.anything })
    local items = kept.items
    assert.are.equal(items, kept.items)
    assert.are.same(plain.items, items)
    assert.is_nil(getmetatable(kept))
    assert.are.equal(plain.hash, kept.hash)
    assert.is_true(db.context.save(kept.handle))
  end)
end)
