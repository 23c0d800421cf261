-- search_speed.lua: what a search and a recall cost in CPU, over a file that is there already.
--   kalito run tests/bench/search_speed.lua DB QUERIES [ROUNDS]
-- QUERIES: a query of words a line. Searches ask for the top 10 of all words; recall for the top 10, with queries as
-- they are, and of four lines joined. Raw FTS5 over the same index, best of bm25, is what tests/bench/raw.c and
-- ../shared/perf measure; the sqlite3 shell does it too: .timer on.

local path, file, rounds = arg[1], arg[2], tonumber(arg[3] or 1)
local db = assert(kalito.open(path, { read_only = true }))
local queries = {}
for line in io.lines(file) do queries[#queries + 1] = line end

local function measure(name, count, each)
  for i = 1, math.min(count, 20) do each(i) end
  local times = {}
  for _ = 1, rounds do
    for i = 1, count do
      local begun = os.clock()
      each(i)
      times[#times + 1] = (os.clock() - begun) * 1000
    end
  end
  table.sort(times)
  local function at(share) return times[math.max(1, math.ceil(#times * share))] end
  print(("%-44s p50 %8.3f ms  p95 %8.3f ms"):format(name, at(0.5), at(0.95)))
end

local n = math.min(#queries, 200)
local sessions = db.session.find { limit = n }
local function session_of(i) return sessions[(i - 1) % #sessions + 1].id end
local function joined(i)
  local list = {}
  for k = 0, 3 do list[k + 1] = queries[(i + k - 1) % #queries + 1] end
  return table.concat(list, " ")
end

measure("search, all words, top 10", n, function(i) assert(db.search.find { query = queries[i], limit = 10 }) end)
measure("search, inside one session", n, function(i)
  assert(db.search.find { query = queries[i], limit = 10, session = session_of(i) })
end)
measure("search, phrase of the first two words", n, function(i)
  local a, b = queries[i]:match "^(%S+) (%S+)"
  assert(db.search.find { query = '"' .. (a or queries[i]) .. " " .. (b or "") .. '"', limit = 10 })
end)
measure("recall, top 10", n, function(i) assert(db.recall.find { query = queries[i], limit = 10 }) end)
measure("recall, four queries in one", n, function(i) assert(db.recall.find { query = joined(i), limit = 10 }) end)
