-- kalito persona: editing in an editor, character cards in and out, and sessions that begin with a greeting.
local command = dofile "tests/fixtures/command.lua"
local cards = dofile "tests/fixtures/cards.lua"

local PTY = (os.getenv "KALITO_TESTS" or "build/test/tests") .. "/pty"
if PTY:sub(1, 1) ~= "/" then PTY = command.program:gsub("build/.*", "") .. PTY end

describe("kalito persona edit", function()
  local f
  before_each(function()
    f = command.folder()
    f:shell "kalito init; kalito persona new chef --prompt 'You cook.' --temperature 0.5 --description 'Cooks.'"
  end)
  after_each(function() f:remove() end)

  -- Runs the command with an editor that is a line of the shell, with the file in $1.
  local function edit(script, name)
    f:write("editor", "#!/bin/sh\n" .. script .. "\n")
    return f:shell("chmod +x editor; unset VISUAL; EDITOR=./editor kalito persona edit " .. (name or "chef"))
  end

  local function field(name)
    local _, out = f:run("--json", "persona", "show", "chef")
    return out:match('"' .. name .. '":"?([^",}]*)')
  end

  it("gives the editor fields and prompt in a file of the user's own", function()
    local status, out, err = edit 'cp "$1" seen; stat -c %a "$1" >mode; echo "$1" >path'
    assert.are.same({ 0, "nothing was changed\n" }, { status, err })
    assert.are.equal(37, #out)
    assert.are.equal("600\n", f:read "mode")
    assert.is_nil(io.open((f:read("path"):gsub("\n", ""))))
    local seen = f:read "seen"
    assert.is_truthy(seen:find("\nname: chef\ndescription: Cooks.\nicon:\n", 1, true))
    assert.is_truthy(seen:find("\ntemperature: 0.5\n", 1, true))
    assert.is_truthy(seen:find "\n%-%-%- prompt[^\n]*\nYou cook.\n$")
  end)

  it("stores what was changed, and nothing else", function()
    local status, _, err = edit [[sed -i -e 's/^temperature.*/temperature: 1.5/' -e 's/You cook/You bake/' \
      -e 's/^icon:/icon: "a\\nb"/' -e 's/^stopSequences:/stopSequences: ["END"]/' "$1"; echo 'And well.' >>"$1"]]
    assert.are.same({ 0, "" }, { status, err })
    local _, out = f:run("--json", "persona", "show", "chef")
    assert.is_truthy(out:find('"prompt":"You bake.\\nAnd well."', 1, true))
    assert.is_truthy(out:find('"temperature":1.5', 1, true))
    assert.is_truthy(out:find('"icon":"a\\nb"', 1, true))
    assert.is_truthy(out:find('"stopSequences":"[\\"END\\"]"', 1, true))
    assert.are.equal("Cooks.", field "description")
  end)

  it("takes a value away when its line is emptied", function()
    assert.are.equal(0, (edit [[sed -i -e 's/^temperature.*/temperature:/' -e 's/^description.*/description:/' "$1"]]))
    assert.is_nil(field "temperature")
    assert.is_nil(field "description")
  end)

  it("refuses bad values, names the line, changes nothing and keeps the text", function()
    for script, expected in pairs {
      ["s/^temperature.*/temperature: 3/"] = "line 11: temperature must be between 0 and 2, got 3",
      ["s/^temperature.*/temperature: warm/"] = "line 11: temperature must be a number, not 'warm'",
      ["s/^maxTokens.*/maxTokens: 1.5/"] = "line 13: maxTokens must be a whole number, not '1.5'",
      ["s/^topP.*/topP: -1/"] = "line 12: topP must be between 0 and 1, got -1",
      ["s/^name.*/name:/"] = "line 5: name cannot be removed",
      ["s/^suggested_models.*/suggested_models: a, b/"] = "line 10: suggested_models must be a JSON array of strings",
      ["s/^icon:/icno:/"] = "line 7: icno is no field (did you mean icon?)",
      ["s/^icon:/icon/"] = "line 7: is neither 'field: value' nor a comment",
      ["s/^icon:/name: x/"] = "line 7: name stands in line 5 already",
      ['s/^icon:/icon: "x/'] = "line 7: icon is no JSON text: ",
      ["1,$d"] = "the line '--- prompt: everything below this line ---' is missing",
      ["/^---/d"] = "line 16: is neither 'field: value' nor a comment",
      ["s/You cook/\\xff/"] = "line 17: prompt is not valid UTF-8",
    } do
      local status, out, err = edit(("sed -i '%s' \"$1\""):format(script))
      assert.are.same({ "kalito: " .. expected, "" }, { err:sub(1, 8 + #expected), out })
      assert.is_true(status == 2)
      local path = err:match "Nothing was changed; your text is in (%S+)\n$"
      assert(os.remove(path))
      assert.are.same({ "0.5", "Cooks.", "You cook." }, { field "temperature", field "description", field "prompt" })
    end
  end)

  it("changes nothing when the editor fails", function()
    local status, _, err = edit 'sed -i "s/You cook/You bake/" "$1"; exit 3'
    assert.are.same({ 1, "kalito: the editor ended with status 3: nothing was changed\n" }, { status, err })
    assert.are.equal("You cook.", field "prompt")
    status = f:shell "VISUAL=./no-such-editor kalito persona edit chef"
    assert.are.equal(1, status)
    assert.are.equal(3, (edit("true", "nobody")))
  end)

  it("takes VISUAL before EDITOR, and words behind the editor's name", function()
    f:shell [[VISUAL='sed -i s/cook/fry/' EDITOR=false kalito persona edit chef]]
    assert.are.equal("You fry.", field "prompt")
  end)
end)

describe("kalito persona import", function()
  local f
  before_each(function()
    f = command.folder()
    f:shell "kalito init"
    f:write("v1.json", cards.v1)
    f:write("v2.json", cards.v2)
    f:write("v3.png", cards.png(cards.PIXEL, cards.text("ccv3", cards.v3)))
  end)
  after_each(function() f:remove() end)

  local function personas()
    return select(2, f:shell "kalito persona list --category character | cut -f 3")
  end

  it("makes personas of cards of all versions", function()
    local status, out, err = f:run("--json", "persona", "import", "v2.json", "v3.png")
    assert.are.equal(0, status)
    assert.is_truthy(out:find '"entries":2,"greetings":3,"id":"[^"]+","name":"Ember","outcome":"added","spec":"v2"')
    assert.is_truthy(out:find('"name":"Ember the Red","outcome":"added","spec":"v3"', 1, true))
    assert.are.equal("v2.json: kept for export, but not obeyed: post_history_instructions; position of entry 1\n"
      .. "v3.png: entry 2 of its lorebook is not called by the key /fire.*(?=water)/: it looks ahead or behind\n"
      .. "v3.png: kept for export, but not obeyed: group_only_greetings; @@depth of entry 1; @@role of entry 1\n", err)
    assert.are.equal("Ember\nEmber the Red\n", personas())
    assert.are.equal(0, (f:shell "kalito persona import --name Old --category dragons - <v1.json"))
    assert.is_truthy(select(2, f:run("persona", "show", "Old")):find("category          dragons", 1, true))
  end)

  it("gives lorebooks of their own to a persona, all of them or none", function()
    f:run("persona", "import", "v2.json")
    f:write("world.json", '{"entries":{"0":{"uid":0,"key":["walrus"],"content":"It sings.","order":1}}}')
    f:write("bad.json", '{"entries":5}')
    assert.are.equal(1, (f:run("persona", "import", "world.json", "bad.json", "--into", "Ember")))
    assert.is_falsy(select(2, f:run("persona", "export", "Ember")):find("It sings.", 1, true))
    local status, out = f:run("--json", "persona", "import", "world.json", "--into", "Ember")
    assert.are.equal(0, status)
    assert.is_truthy(out:find('"entries":3', 1, true))
    assert.is_truthy(select(2, f:run("persona", "export", "Ember")):find("It sings.", 1, true))
    f:shell "kalito session new Cave --persona Ember"
    assert.is_truthy(select(2, f:run("context", "Cave", "A walrus!", "--messages")):find("It sings.", 1, true))
    local _, _, err = f:run("persona", "import", "world.json")
    assert.is_truthy(err:find("--into gives it to a persona", 1, true))
    assert.are.equal(2, (f:run("persona", "import", "world.json", "--into", "Ember", "--replace")))
    assert.are.equal(3, (f:run("persona", "import", "world.json", "--into", "nobody")))
  end)

  it("stores nothing when one file cannot be used", function()
    f:write("bad.json", '{"name":"x","description":5}')
    local status, out, err = f:run("persona", "import", "v2.json", "bad.json")
    assert.are.same({ 1, "", "kalito: bad.json: description must be a text, not a number\n" }, { status, out, err })
    status, out, err = f:run("persona", "import", "v2.json", "v1.json")
    assert.are.equal("", out)
    assert.are.equal(1, status)
    assert.is_truthy(err:find("v1.json: a persona is called 'Ember' already: --replace changes it", 1, true))
    status, out, err = f:run("persona", "import", "v2.json", "none.json")
    assert.are.equal("", out)
    assert.are.equal(3, status)
    assert.is_truthy(err:find "none.json: No such file")
    assert.are.equal(1, (f:run("persona", "import", ".")))
    assert.are.equal(2, (f:run("persona", "import")))
    assert.are.equal(2, (f:run("persona", "import", "v1.json", "v2.json", "--name", "x")))
    assert.are.equal("", personas())
  end)

  it("says what is wrong with pictures, and shows nothing that steers a terminal", function()
    f:write("cut.png", cards.png(cards.text("chara", cards.v2)):sub(1, -13))
    f:write("sum.png", cards.png(cards.chunk("tEXt", "chara\0e30=", 1)))
    f:write("name.json", '{"name":"\\u001b[2Jx"}')
    f:write("text.json", '{"spec":"\\u001b]0;x\\u0007","data":{}}')
    for name, expected in pairs {
      ["cut.png"] = "is cut off: it has no IEND chunk", ["sum.png"] = "the tEXt chunk at byte 34 is damaged",
      ["name.json"] = "name has characters that steer a terminal",
    } do
      local _, _, err = f:run("persona", "import", name)
      assert.is_truthy(err:find("kalito: " .. name .. ": " .. expected, 1, true))
    end
    assert.is_nil(select(3, f:run("persona", "import", "text.json")):find "\27")
    assert.are.equal("", personas())
  end)

  it("adds nothing twice, and replaces when it is told to", function()
    f:run("persona", "import", "v2.json")
    local _, out = f:run("persona", "import", "v2.json")
    assert.is_truthy(out:find("\tpresent\t", 1, true))
    f:run("persona", "set", "Ember", "--temperature", "0.3")
    _, out = f:run("persona", "import", "v1.json", "--replace")
    assert.is_truthy(out:find("\treplaced\t", 1, true))
    _, out = f:run("--json", "persona", "show", "Ember")
    assert.is_nil(out:find "temperature")
    assert.is_truthy(out:find("proud, dry", 1, true))
    assert.are.equal("Ember\n", personas())
  end)

  it("is given back by export, as JSON and in a picture", function()
    f:write("hybrid.json", cards.hybrid)
    f:shell "kalito persona import v2.json v3.png; kalito persona import v1.json --name Old"
    local json = f:shell [[set -e
      kalito persona export Ember >a.json; kalito persona export Ember --output b.json; cmp a.json b.json
      kalito persona export Ember --format png --output a.png
      kalito persona export 'Ember the Red' --format png --picture v3.png | cat >b.png
      kalito --db 2.db init >/dev/null; kalito --db 2.db persona import a.png b.png >/dev/null
      kalito --db 2.db persona export Ember | cmp - a.json
      kalito persona export 'Ember the Red' >c.json; kalito --db 2.db persona export 'Ember the Red' | cmp - c.json]]
    assert.are.equal(0, json)
    assert.is_truthy(f:read("b.png"):find(cards.PIXEL, 1, true))
    assert.are.equal(2, select(2, f:read("b.png"):gsub("tEXt", "")))
    local status, _, err = f:run("persona", "export", "Old", "--format", "png", "--picture", "v2.json")
    assert.are.same({ 1, "kalito: v2.json: is no PNG\n" }, { status, err })
    assert.are.equal(2, (f:run("persona", "export", "Old", "--format", "v1")))
    assert.are.equal(2, (f:run("persona", "export", "Old", "--picture", "v3.png")))
    assert.are.equal(2, (f:run("persona", "export", "Old", "--output", "test.db")))
  end)

  it("goes with its persona into an export of everything, and comes back", function()
    local status = f:shell [[set -e
      kalito persona import v2.json >/dev/null; kalito session new Cave --persona Ember >/dev/null
      kalito export --all >all.jsonl; kalito --db 2.db import all.jsonl >/dev/null
      kalito export Cave >one.jsonl; kalito --db 3.db import one.jsonl >/dev/null
      kalito persona export Ember >a.json; kalito --db 2.db persona export Ember | cmp - a.json
      kalito --db 3.db persona export Ember | cmp - a.json
      kalito --db 2.db import all.jsonl >/dev/null]]
    assert.are.equal(0, status)
    f:write("bad.jsonl", f:read("one.jsonl"):gsub('"spec":"v2"', '"spec":"v7"'))
    local _, _, err = f:run("--db", "4.db", "import", "bad.jsonl")
    assert.is_truthy(err:find "card.spec must be one of")
  end)

  it("opens a new session with a greeting", function()
    f:run("persona", "import", "v2.json")
    local function first(...)
      local status, id = f:run("session", "new", "--persona", "Ember", ...)
      if status ~= 0 then return status end
      return (select(2, f:shell("kalito message list " .. id:gsub("\n", "") .. " --json")):match '"text":"([^"]*)"')
    end
    assert.are.equal("Who wakes me, the user?", first())
    assert.are.equal("Again you.", first("--greeting", "2"))
    assert.is_nil(first("--greeting", "none"))
    assert.are.equal(3, first("--greeting", "9"))
    assert.are.equal(2, first("--greeting", "0"))
    assert.are.equal(2, first("--greeting", "x"))
    assert.are.equal(0, (f:run("session", "new", "--persona", "coder")))
    assert.are.equal(3, (f:run("session", "new", "--persona", "coder", "--greeting", "1")))
    local _, out = f:shell "kalito session list | wc -l"
    assert.are.equal("4\n", out)
  end)

  it("greets at the terminal, and is not left behind when nothing is said", function()
    f:run("persona", "import", "v2.json")
    f:write("script", "expect Who wakes me, the user?\nprompt [notebook\nsend \\x04\n")
    local status, out, err = f:shell(command.quote(PTY) .. " 100 40 $KALITO chat --persona Ember --no-model <script")
    assert.are.equal(0, status, err .. out)
    assert.is_truthy(out:find("Who wakes me, the user?", 1, true))
    assert.are.equal("[]\n", select(2, f:run("session", "list", "--json")))
  end)

  it("lets its lore speak in a context", function()
    f:shell "kalito persona import v2.json; kalito session new Cave --persona Ember --greeting none"
    local _, out = f:run("context", "Cave", "Where is the hoard?", "--explain")
    assert.is_truthy(out:find "in\tpin\tlore:1\t%d+\t[%d.]+\t[^\t]+\tkeyword hoard\tThe hoard of Ember lies below.")
    assert.is_truthy(out:find "in\tpin\tlore:2\t%d+\t[%d.]+\t[^\t]+\tconstant always\tThe cave is in Norway.")
    _, out = f:run("context", "Cave", "Good morning", "--explain")
    assert.is_nil(out:find "lore:1")
  end)
end)
