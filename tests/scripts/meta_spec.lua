-- The reference manual (scripts/meta) against the real thing, in both directions: what can be called is described,
-- what is described can be called, and parameters, fields and conditions are the real ones.

local kalito = require "kalito"
local docs = require "kalito.terminal.docs"

local book = docs.book()
local db = assert(kalito.open(":memory:", { create = true }))
local session = assert(db.session.add {})
local chat = kalito.conversation(db, session.id)
local words = kalito.text.words { "a" }

-- What stands for each name of the manual that is no path of `kalito`.
local roots = { kalito = kalito, db = db, conversation = getmetatable(chat).__index, ["kalito.words"] = words }

local parts = { "script", "policy", "config" }
local nouns = { "session", "message", "persona", "summary", "pin", "turn", "model", "card" }

local function methods_of(name)
  return debug.getregistry()[name].__index
end
roots.worker = methods_of "kalito.jail"

-- Every function below a table, by its path; what begins with _ is private.
local function collect(found, path, object, visited)
  for key, value in pairs(object) do
    local name = type(key) == "string" and not key:find "^_" and path .. "." .. key
    if name and type(value) == "function" then
      found[name] = value
    elseif name and type(value) == "table" and not visited[value] then
      visited[value] = true
      collect(found, name, value, visited)
    end
  end
end

local function real_functions()
  local found, visited = {}, {}
  for _, part in ipairs(parts) do
    visited[kalito[part]] = true
    collect(found, "kalito." .. part, kalito[part], visited)
  end
  collect(found, "kalito", kalito, visited)
  collect(found, "db", db, visited)
  for _, name in ipairs { "conversation", "worker" } do
    local own = {}
    collect(own, name, roots[name], {})
    for path, value in pairs(own) do found[path:gsub("%.", ":", 1)] = value end
  end
  found["conversation:new"] = nil -- no method
  return found
end

local function real(path)
  local root = path:match "^kalito%.words" or path:match "^[%w_]+"
  local object = roots[root]
  for key in path:sub(#root + 1):gmatch "[%w_]+" do
    if object == nil then return nil end
    object = object[key]
  end
  return object
end

local function list_of(t)
  table.sort(t)
  return table.concat(t, "\n")
end

describe("the reference manual", function()
  teardown(function() db.close() end)

  it("parses as Lua, file by file", function()
    for _, name in ipairs(kalito.embedded_names()) do
      if name:find "^meta/" then
        assert.truthy(load(kalito.embedded(name), "@" .. name, "t"))
        assert.truthy(kalito.embedded(name):find "^%-%-%-@meta", name)
      end
    end
  end)

  it("describes every function that can be called", function()
    local missing = {}
    for path in pairs(real_functions()) do
      if not book[path] then missing[#missing + 1] = path end
    end
    assert.equal("", list_of(missing))
  end)

  it("describes no function that is not there", function()
    local stale = {}
    for path, doc in pairs(book) do
      if doc.kind == "function" and type(real(path)) ~= "function" then stale[#stale + 1] = path end
    end
    assert.equal("", list_of(stale))
  end)

  it("names the parameters of functions written in Lua as they are", function()
    local wrong = {}
    for path, value in pairs(real_functions()) do
      local info, doc = debug.getinfo(value, "Su"), book[path]
      if info.what == "Lua" and doc then
        local names = {}
        for i = 1, info.nparams do names[i] = debug.getlocal(value, i) end
        if names[1] == "self" then table.remove(names, 1) end
        if info.isvararg then names[#names + 1] = "..." end
        local said = table.concat(doc.arguments, ", ")
        if said ~= table.concat(names, ", ") then wrong[#wrong + 1] = path .. "(" .. said .. ")" end
      end
    end
    assert.equal("", list_of(wrong))
  end)

  it("says of every function what it does", function()
    local silent = {}
    for path, doc in pairs(book) do
      if doc.kind == "function" and doc.text == "" then silent[#silent + 1] = path end
    end
    assert.equal("", list_of(silent))
  end)

  it("says of every parameter what it is", function()
    local bare = {}
    for path, doc in pairs(book) do
      if doc.kind == "function" then
        local described = {}
        for _, param in ipairs(doc.params) do described[param[1]:gsub("%?$", "")] = true end
        for _, name in ipairs(doc.arguments) do
          if not described[name] then bare[#bare + 1] = path .. ": " .. name end
          described[name] = nil
        end
        for name in pairs(described) do bare[#bare + 1] = path .. ": no parameter " .. name end
      end
    end
    assert.equal("", list_of(bare))
  end)

  it("knows every class that it speaks of", function()
    local unknown = {}
    local function look(path, kind)
      for class in kind:gmatch "kalito%.%u%w*" do
        if not book[class] then unknown[#unknown + 1] = path .. ": " .. class end
      end
    end
    for path, doc in pairs(book) do
      for _, row in ipairs(doc.params) do look(path, row[2]) end
      for _, row in ipairs(doc.fields) do look(path, row[2]) end
      for _, row in ipairs(doc.returns) do look(path, row) end
    end
    assert.equal("", list_of(unknown))
  end)

  -- A type of the manual as the core calls it: a list of texts is a string.
  local function core_type(kind)
    return kind:find '^"' and "string" or kind
  end

  for _, noun in ipairs(nouns) do
    local class = "kalito." .. noun:gsub("^%l", string.upper)

    it("has the fields of a " .. noun .. " with their types, in their order", function()
      local said, is = {}, {}
      for i, row in ipairs(book[class].fields) do said[i] = row[1]:gsub("%?$", "") .. " " .. core_type(row[2]) end
      for i, row in ipairs(kalito.fields(noun)) do is[i] = row.name .. " " .. row.type end
      assert.same(is, said)
    end)

    it("says which fields of a " .. noun .. " cannot be set", function()
      for i, row in ipairs(kalito.fields(noun)) do
        local said = book[class].fields[i][3]:find "cannot be set" ~= nil
        if row.name ~= "id" then assert.equal(not row.settable, said, row.name) end
      end
    end)

    it("has the conditions of a " .. noun, function()
      local values = { since = "2025-01-01", before = "2025-01-01", min_importance = 0.5, limit = 1, order = "newest",
        scope = "all", saved = true, session = session.id }
      local every = {}
      for _, other in ipairs(nouns) do
        for _, row in ipairs(book["kalito." .. other:gsub("^%l", string.upper) .. "Filter"].fields) do
          every[row[1]:gsub("%?$", "")] = true
        end
      end
      local said, is = {}, {}
      for _, row in ipairs(book[class .. "Filter"].fields) do said[#said + 1] = row[1]:gsub("%?$", "") end
      for key in pairs(every) do
        local filter = { [key] = values[key] or "x" }
        if key == "scope" then filter = { scope = "live", session = noun == "message" and session.id or nil } end
        if pcall(db[noun].find, filter) then is[#is + 1] = key end
      end
      assert.equal(list_of(is), list_of(said))
    end)
  end

  it("has no condition too few", function()
    local ok, message = pcall(db.message.find, { none_such = 1 })
    assert.is_false(ok)
    assert.truthy(message:find "unknown key")
  end)

  it("describes the request of a context with the keys that it takes", function()
    for _, row in ipairs(book["kalito.ContextRequest"].fields) do
      local ok, message = pcall(db.context.build, { [row[1]:gsub("%?$", "")] = {}, budget = 1, session = "x" })
      assert.falsy(not ok and message:find "unknown key", row[1])
    end
  end)

  it("has the functions of every policy as the contract has them", function()
    for kind, rules in pairs(require("kalito.policy.contract").kinds) do
      local class = book["kalito." .. kind:gsub("^%l", string.upper) .. "Policy"]
      local said, is = {}, {}
      for _, row in ipairs(class.fields) do said[#said + 1] = row[1]:gsub("%?$", "") end
      for name in pairs(rules.functions) do is[#is + 1] = name end
      assert.equal(list_of(is), list_of(said))
    end
  end)
end)
