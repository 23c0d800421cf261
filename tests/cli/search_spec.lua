-- kalito search and kalito recall: what is printed on a terminal, in a pipe and as JSON, and what is refused.
local command = dofile "tests/fixtures/command.lua"
local kalito = require "kalito"


local f
before_each(function()
  f = command.folder()
  f:write("talk.jsonl", [[
{"session":"Trip","role":"user","text":"We parked the car in New York.","created_at":"2025-03-01T10:00:00Z"}
{"session":"Trip","role":"assistant","text":"The garage is on Fifth Street.","created_at":"2025-03-01T10:01:00Z"}
{"session":"Garden","role":"user","text":"York roses é 停车 \u001b[2J need water","created_at":"2025-03-02T10:00:00Z"}
]])
  assert.are.equal(0, (f:shell "kalito init; kalito import talk.jsonl"))
  f:run("pin", "add", "Trip", "The car needs tires")
end)
after_each(function() f:remove() end)

describe("kalito search", function()
  it("prints a line with tabs for each thing found in a pipe, with brackets around the words", function()
    local status, out, err = f:run("search", "york")
    assert.are.same({ 0, "" }, { status, err })
    local rows = {}
    for line in out:gmatch "[^\n]+" do
      local cells = {}
      for cell in (line .. "\t"):gmatch "(.-)\t" do cells[#cells + 1] = cell end
      rows[#rows + 1] = cells
    end
    assert.are.equal(2, #rows)
    table.sort(rows, function(a, b) return a[2] < b[2] end)
    assert.are.equal("message", rows[1][1])
    assert.are.equal("2025-03-01T10:00:00.000Z", rows[1][4])
    assert.are.equal("user", rows[1][5])
    assert.are.equal("We parked the car in New [York].", rows[1][7])
    assert.are.equal("[York] roses é 停车 \\x1b[2J need water", rows[2][7])
  end)

  it("reads the query from standard input where it is -, as recall does", function()
    for _, name in ipairs { "search", "recall" } do
      local _, given = f:run(name, "york")
      local status, out = f:shell("printf 'york\\n' | kalito " .. name .. " -")
      assert.are.same({ 0, given }, { status, out })
      assert.is_truthy(out:find("New", 1, true))
    end
  end)

  it("takes phrases, filters and what is left out", function()
    local function ids(...)
      local _, out = f:run("search", "--json", ...)
      local list = {}
      for i, row in ipairs(kalito.json.decode(out)) do list[i] = row.kind == "message" and row.id or row.kind end
      return list
    end
    assert.are.same({ 1 }, ids '"new york"')
    assert.are.equal(2, #ids "car")
    assert.are.same({ 1 }, ids "car role:user")
    assert.are.same({ 3 }, ids("york", "--session", "Garden"))
    assert.are.same({ 3 }, ids "york session:Garden")
    assert.are.same({ 3 }, ids "york since:2025-03-02")
    assert.are.same({ 3 }, ids("--", "york", "-new"))
    assert.are.same({ 2 }, ids "fif*")
    assert.are.same({}, ids "nothing")
  end)

  it("counts places in characters for programs", function()
    local _, out = f:run("--json", "search", "停车")
    local row = kalito.json.decode(out)[1]
    assert.are.same({ { start = 13, ["end"] = 15 } }, row.matches)
    assert.are.equal(0, row.part.start)
    assert.are.equal(utf8.len(row.text), row.part["end"])
  end)

  it("names the place of what it cannot read and exits with 2", function()
    local status, out, err = f:run("search", 'york "new')
    assert.are.same({ 2, "" }, { status, out })
    assert.truthy(err:find("character 6: the quote is not closed", 1, true), err)
    status, out, err = f:run("search", "york", "role:me")
    assert.are.same({ 2, "" }, { status, out })
    assert.truthy(err:find("role: must be user, assistant, system or tool", 1, true), err)
  end)

  it("exits with 3 for a session that is not there", function()
    assert.are.equal(3, (f:run("search", "york session:Nowhere")))
    assert.are.equal(3, (f:run("search", "york", "--session", "Nowhere")))
  end)

  it("marks words bold on a terminal, unless NO_COLOR is set, and sends no control character of the text", function()
    local out = f:on_terminal(command.program .. " search york session:Garden")
    assert.truthy(out:find("\27[1mYork\27[0m roses", 1, true), out)
    assert.is_nil(out:find("\27[2J", 1, true))
    out = f:on_terminal("NO_COLOR=1 " .. command.program .. " search york session:Garden")
    assert.truthy(out:find("[York] roses", 1, true), out)
    assert.is_nil(out:find "\27")
  end)
end)

describe("kalito recall", function()
  it("prints the messages that answer, best first, with their reasons on request", function()
    local status, out, err = f:run("recall", "Where", "did we park the car?", "--explain")
    assert.are.same({ 0, "" }, { status, err })
    local first = out:match "[^\n]+"
    assert.truthy(first:find("We parked the car in New York.", 1, true), out)
    assert.truthy(first:find("words park car", 1, true), out)
  end)

  it("gives rows with score and reasons as JSON", function()
    local _, out = f:run("--json", "recall", "Fifth Street garage", "--limit", "2", "--session", "Trip")
    local rows, reasons = kalito.json.decode(out), {}
    assert.are.equal(2, #rows)
    for _, row in ipairs(rows) do reasons[row.id] = row.reasons[1] end
    assert.are.same({ { "nearby", "fifth street garage" }, { "words", "fifth street garage" } }, reasons)
    assert.is_true(rows[1].score >= rows[2].score)
  end)

  it("says when there is nothing, and refuses nonsense", function()
    local status, out, err = f:run("recall", "zebra")
    assert.are.same({ 0, "" }, { status, out })
    assert.truthy(err:find("nothing in the history", 1, true), err)
    assert.are.equal(2, (f:run("recall")))
    assert.are.equal(2, (f:run("recall", "x", "--limit", "0")))
    assert.are.equal(3, (f:run("recall", "x", "--session", "Nowhere")))
  end)

  it("goes on with the shipped word lists when the user's are broken, and says so", function()
    f:shell "mkdir -p config/kalito/words; echo 'return nothing.here' >config/kalito/words/english.lua"
    local _, expected = f:shell "XDG_CONFIG_HOME=$PWD/none kalito recall 'where is the car?'"
    local status, out, err = f:run("recall", "where is the car?")
    assert.are.same({ 0, expected }, { status, out })
    assert.truthy(err:find("english.lua:1: .*: the shipped word lists are used"), err)
  end)
end)

describe("kalito context --explain", function()
  it("shows on a terminal what is in and the best that are out for each reason, in a pipe all candidates", function()
    local lines = {}
    for i = 1, 40 do lines[i] = ('{"session":"Cars","role":"user","text":"The car of day %d."}\n'):format(i) end
    f:write("cars.jsonl", table.concat(lines))
    f:shell "kalito import cars.jsonl"
    local line = command.program .. " context Cars 'Where is the car?' --explain --budget 500"
    local _, piped = f:shell(line)
    local ins, outs = 0, 0
    for mark in piped:gmatch "[^\n]+" do
      if mark:find "^in\t" then ins = ins + 1 elseif mark:find "^out\t" then outs = outs + 1 end
    end
    assert.is_true(ins > 3 and outs > 20)
    local shown, reasons = f:on_terminal(line), 0
    local _, seen_in = shown:gsub("\nin ", "")
    local _, seen_out = shown:gsub("\nout ", "")
    local more, why = shown:match "(%d+) more are out: (.-); a pipe and %-%-json list them"
    for _ in why:gmatch "%(%d+%)" do reasons = reasons + 1 end
    assert.are.same({ ins, outs }, { seen_in, seen_out + tonumber(more) })
    assert.is_true(reasons > 0 and seen_out <= 2 * (reasons + 2))
  end)
end)
