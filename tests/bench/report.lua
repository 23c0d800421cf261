-- report.lua RESULTS: one table from the result lines of run.sh. A ratio is the median of the ratios of the
-- rounds, so that a machine which changes its speed from round to round changes no ratio.

local lines = {}
for line in io.lines(arg[1]) do
  local row = {}
  for key, value in line:gmatch '"([%w_]+)":"?([^",}]+)' do row[key] = tonumber(value) or value end
  lines[#lines + 1] = row
end

local function median(list)
  table.sort(list)
  return list[#list // 2 + 1]
end

-- The values of a contender by round.
local function values(verb, label, name, key)
  local out = {}
  for _, row in ipairs(lines) do
    if row.w == verb and row.x == label and row.c == name then out[row.round] = row[key] end
  end
  return out
end

local function figure(by_round)
  local list = {}
  for _, v in pairs(by_round) do list[#list + 1] = v end
  return median(list)
end

local function ratio(a, b)
  local list = {}
  for round, v in pairs(a) do
    if b[round] then list[#list + 1] = v / b[round] end
  end
  return median(list)
end

-- { what, verb, label, key, unit, contender, against, bar [, label of the other side] }
local rows = {
  { "one message, WAL + FULL, p50", "w1", "wal-full", "p50_us", "us", "kalito", "raw", 1.05 },
  { "one message, WAL + FULL, CPU", "w1", "wal-full", "cpu_us", "us", "kalito", "raw", 1.15 },
  { "  the same through Lua, p50", "w1", "wal-full", "p50_us", "us", "kalito-lua", "raw" },
  { "  better-sqlite3, insert alone, p50", "w1", "wal-full", "p50_us", "us", "bs3", "raw" },
  { "bulk insert without index, CPU", "w2", "plain", "cpu_us", "us", "kalito", "raw", 1.10 },
  { "  better-sqlite3, insert alone, CPU", "w2", "plain", "cpu_us", "us", "bs3", "raw" },
  { "bulk insert with search index, CPU", "w2", "index", "cpu_us", "us", "kalito", "raw", 1.10 },
  { "  the same through Lua, CPU", "w2", "index", "cpu_us", "us", "kalito-lua", "raw" },
  { "context, 100 messages, p50", "w3", "session1", "p50_us", "us", "kalito", "raw", 1.20 },
  { "context, 10,000 messages, p50", "w3", "session2", "p50_us", "us", "kalito", "raw", 1.20 },
  { "context, all messages, p50", "w3", "session3", "p50_us", "us", "kalito", "raw", 1.20 },
  { "context, 10,000 messages, p50", "w3", "session2", "p50_us", "us", "kalito", "bs3", 0.55 },
  { "context, all messages to 100, p50", "w3", "session3", "p50_us", "us", "kalito", "kalito", 1.20, "session1" },
  { "  through Lua, 10,000 messages, p50", "w3", "session2", "p50_us", "us", "kalito-lua", "raw" },
  { "  through Lua, 10,000 messages, p50", "w3", "session2", "p50_us", "us", "kalito-lua", "bs3" },
  { "search, all words, p50", "w4", "and", "p50_us", "us", "kalito", "raw", 1.05 },
  { "  CPU", "w4", "and", "cpu_us", "us", "kalito", "raw", 1.05 },
  { "search, any word, p50", "w4", "or", "p50_us", "us", "kalito", "raw", 1.05 },
  { "  CPU", "w4", "or", "cpu_us", "us", "kalito", "raw", 1.05 },
  { "all words in a session, to everywhere", "w4", "and-session", "cpu_us", "us", "kalito", "raw", 0.3, "and" },
  { "any word in a session, to everywhere", "w4", "or-session", "cpu_us", "us", "kalito", "raw", 0.3, "or" },
  { "search, all words, p50", "w4", "and", "p50_us", "us", "kalito", "bs3", 1.0 },
  { "search, any word, p50", "w4", "or", "p50_us", "us", "kalito", "bs3", 1.0 },
  { "  through Lua, all words, p50", "w4", "and", "p50_us", "us", "kalito-lua", "raw" },
  { "  through Lua, any word, p50", "w4", "or", "p50_us", "us", "kalito-lua", "raw" },
  { "shipped scoring rule, CPU, to C", "w5", "rule", "cpu_us", "us", "kalito-lua", "kalito", 2 },
  { "start to end, one context, C", "w6", "start", "ms", "ms", "kalito", "raw+lua" },
  { "  CPU", "w6", "start", "cpu_ms", "ms", "kalito", "raw+lua", 1.5 },
  { "start to end, one context, lua5.4", "w6", "start", "ms", "ms", "kalito-lua", "raw+lua" },
  { "  CPU", "w6", "start", "cpu_ms", "ms", "kalito-lua", "raw+lua", 1.5 },
  { "start to end of `kalito context`", "w6", "start", "ms", "ms", "program", "raw+lua" },
  { "  CPU", "w6", "start", "cpu_ms", "ms", "program", "raw+lua", 1.5 },
  { "  peak memory", "w6", "start", "rss_kb", "KB", "program", "raw+lua" },
  { "  better-sqlite3, CPU", "w6", "start", "cpu_ms", "ms", "bs3", "raw+lua" },
  { "  CPU against better-sqlite3", "w6", "start", "cpu_ms", "ms", "program", "bs3", 1 / 30 },
  { "  peak memory against better-sqlite3", "w6", "start", "rss_kb", "KB", "program", "bs3", 1 / 6 },
}

local format = "%-36s %-11s %10s %-2s  %-8s %10s  %7s  %6s %s"
print((format):format("", "", "", "", "against", "", "ratio", "bar", ""))
for _, row in ipairs(rows) do
  local what, verb, label, key, unit, name, other, bar, other_label = table.unpack(row)
  local a, b = values(verb, label, name, key), values(verb, other_label or label, other, key)
  if next(a) and next(b) then
    local r = ratio(a, b)
    print((format):format(what, name, ("%.2f"):format(figure(a)), unit, other, ("%.2f"):format(figure(b)),
      ("%.3f"):format(r), bar and ("%.2f"):format(bar) or "", bar and (r <= bar and "reached" or "NOT reached") or ""))
  end
end

-- Contenders that did not do the same work must not be compared. Searches: FTS5 gives common words another weight than
-- we do, so that the ten best may be others; only their number must be the same.
local function same(a, b)
  local alike = a.w ~= "w4" or (a.c:find "^kalito" ~= nil) == (b.c:find "^kalito" ~= nil)
  local part = alike and ".*" or "^%d+"
  return tostring(a.check):match(part) == tostring(b.check):match(part)
end

local checks = {}
for _, row in ipairs(lines) do
  local key = row.check and row.w .. " " .. row.x
  if key and checks[key] and not same(checks[key], row) then
    print(("different answers in %s: %s %s, %s %s"):format(key, checks[key].c, checks[key].check, row.c, row.check))
  end
  if key then checks[key] = checks[key] or row end
end
