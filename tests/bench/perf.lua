-- The contender `kalito-lua`: the same verbs through the bindings, in stock Lua. See bench.c for what they mean.
-- `words` prints the word lists of the shipped rule for the contenders in C.

local kalito = require "kalito"
local system = kalito.system

local CONTENDER = os.getenv "KB_NAME" or "kalito-lua"
local BUDGET = tonumber(os.getenv "KB_TOKENS" or 4000)

local function lines(path)
  local file = assert(io.open(path))
  file:setvbuf("full", 1 << 20)
  return function()
    local line = file:read "l"
    if not line then
      file:seek("set", 0)
      line = file:read "l"
    end
    local session, role, model, tokens, _, at, text =
      line:match "^([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t(.*)$"
    return { session = session, role = role, text = text, model = model, token_usage = tonumber(tokens),
      importance_score = 0.5, created_at = at }
  end
end

local function peak_kb()
  for line in io.lines "/proc/self/status" do
    local kb = line:match "^VmHWM:%s*(%d+)"
    if kb then return tonumber(kb) end
  end
  return 0
end

local function report(verb, label, times, cpu, check)
  local n, sum = #times, 0
  for i = 1, n do sum = sum + times[i] end
  table.sort(times)
  print(('{"w":"%s","x":"%s","c":"%s","n":%d,"ops_s":%.1f,"p50_us":%.2f,"p99_us":%.2f,"cpu_us":%.3f,'
    .. '"check":"%s","rss_kb":%d}'):format(verb, label, CONTENDER, n, n / sum, times[n // 2 + 1] * 1e6,
    times[math.floor(n * 0.99) + 1] * 1e6, cpu * 1e6 / n, check, peak_kb()))
end

local function open(path)
  return assert(kalito.open(path))
end

-- ceil(characters / 4): the unit of all budgets here
local function quarter(text)
  return (utf8.len(text) + 3) // 4
end

local verbs = {}

function verbs.w1(mode, path, corpus, count)
  local db, next_row, times, begun_cpu = open(path), lines(corpus), {}, 0
  for i = -9, tonumber(count) do
    local row = next_row()
    if i == 1 then begun_cpu = os.clock() end
    local begun = system.clock()
    assert(db.message.add(row))
    if i > 0 then times[i] = system.clock() - begun end
  end
  local cpu = os.clock() - begun_cpu
  db:close()
  report("w1", mode, times, cpu, "ok")
end

function verbs.w2(label, path, corpus, count, batch)
  local db, next_row, took, cpu, bytes = open(path), lines(corpus), 0, 0, 0
  for _ = 1, tonumber(count), tonumber(batch) do
    local rows = {}
    for i = 1, tonumber(batch) do
      rows[i] = next_row()
      bytes = bytes + #rows[i].text
    end
    local begun, begun_cpu = system.clock(), os.clock()
    assert(db.begin())
    for i = 1, #rows do assert(db.message.add(rows[i])) end
    assert(db.commit())
    took, cpu = took + (system.clock() - begun), cpu + (os.clock() - begun_cpu)
  end
  local begun, begun_cpu = system.clock(), os.clock()
  db:close()
  took, cpu = took + (system.clock() - begun), cpu + (os.clock() - begun_cpu)
  print(('{"w":"w2","x":"%s","c":"%s","n":%d,"ops_s":%.0f,"mb_s":%.2f,"cpu_us":%.3f,"rss_kb":%d}'):format(label,
    CONTENDER, count, count / took, bytes / took / 1e6, cpu * 1e6 / count, peak_kb()))
end

-- How many of a part's items fit, each part ending at the first that does not; `items` in the order of trying.
local function fitting(items, spent)
  for i, item in ipairs(items) do
    local tokens = quarter(item.text)
    if spent + tokens > BUDGET then return i - 1, spent end
    spent = spent + tokens
  end
  return #items, spent
end

-- The plan that takes the rows which the other contenders take, see perf.c.
local function same_rows(db, session)
  local parts = { pin = {}, summary = {}, recent = {} }
  local plan = { block = 1, pin = { share = 1 }, summary = { share = 1 }, recent = { share = 1 } }
  for _, item in ipairs(assert(db.context.build { session = session, budget = 10000000, plan = plan }).items) do
    local list = parts[item.part]
    if list then table.insert(list, item.part == "recent" and 1 or #list + 1, item) end
  end
  local spent = 0
  for _, part in ipairs { "pin", "summary", "recent" } do
    plan[part].limit, spent = fitting(parts[part], spent)
  end
  return plan
end

local function check(context)
  local entries, tokens = 0, 0
  for _, item in ipairs(context.items) do
    if item["in"] and item.part ~= "persona" then
      entries, tokens = entries + 1, tokens + quarter(item.text)
    end
  end
  return ("%d:%d"):format(entries, tokens)
end

function verbs.w3(label, path, session, count)
  local db, times, begun_cpu, context = open(path), {}, 0, nil
  local request = { session = session, budget = 10000000, plan = same_rows(db, session) }
  for i = -49, tonumber(count) do
    if i == 1 then begun_cpu = os.clock() end
    local begun = system.clock()
    context = assert(db.context.build(request))
    if i > 0 then times[i] = system.clock() - begun end
  end
  report("w3", label, times, os.clock() - begun_cpu, check(context))
end

function verbs.w4(label, path, queries, how, count, session)
  local db, list, times, begun_cpu, hits, ids = open(path), {}, {}, 0, 0, 0
  for words in io.lines(queries) do list[#list + 1] = how == "or" and words:gsub(" ", " OR ") or words end
  for i = -19, tonumber(count) do
    if i == 1 then begun_cpu = os.clock() end
    local query = list[(i - 1) % #list + 1]
    local begun = system.clock()
    local rows = assert(db.search.find { query = query, limit = 10, session = session })
    if i > 0 then
      times[i], hits = system.clock() - begun, hits + #rows
      for _, row in ipairs(rows) do ids = ids + row.id end
    end
  end
  report("w4", label, times, os.clock() - begun_cpu, ("%d:%d"):format(hits, ids))
end

local function policy()
  local env = setmetatable({ kalito = kalito }, { __index = _G })
  return assert(load(kalito.embedded "policies/score", "@policies/score", "t", env))()
end

function verbs.w5(_, corpus, count)
  local score, ctx, next_row, rows = policy().score, { options = policy().defaults }, lines(corpus), {}
  for i = 1, tonumber(count) do rows[i] = next_row() end
  local sum, cpu
  for _ = 1, 2 do
    local begun = os.clock()
    sum = 0
    for i = 1, #rows do sum = sum + score(rows[i], ctx) end
    cpu = os.clock() - begun
  end
  print(('{"w":"w5","x":"rule","c":"%s","n":%d,"cpu_us":%.4f,"check":"%.3f"}'):format(CONTENDER, #rows,
    cpu * 1e6 / #rows, sum))
end

function verbs.w6(path, session)
  print(check(assert(open(path).context.build { session = session, budget = BUDGET })))
end

function verbs.words()
  for kind, words in pairs(policy().defaults) do
    kind = kind:match "^(%a+)_"
    for _, word in ipairs(kind and type(words) == "table" and words or {}) do
      print(kind .. "\t" .. word)
    end
  end
end

local verb = verbs[arg[1]]
if not verb then error("no such verb: " .. tostring(arg[1])) end
verb(table.unpack(arg, 2))
