-- care.lua PROGRAM [MESSAGES]: what looking after a file costs, against what it is made of: adoption against our
-- indexes in plain SQL, a backup against cp and sync, the quick check against the engine's. CPU of children where
-- that tells, wall times of the two in turn where the disk does; medians of five rounds.
local program, count = arg[1], tonumber(arg[2] or "100000")
if not program then error "usage: lua5.4 care.lua PROGRAM [MESSAGES]" end

local function shell(line)
  local pipe = assert(io.popen(line))
  local text = pipe:read "a"
  pipe:close()
  return text
end

if program:sub(1, 1) ~= "/" then program = shell("pwd"):gsub("%s+$", "") .. "/" .. program end
local folder = shell("mktemp -d"):gsub("%s+$", "")
local function path(name) return folder .. "/" .. name end

local function write(name, text)
  local file = assert(io.open(path(name), "w"))
  file:write(text)
  file:close()
end

-- User and system seconds of a command.
local function cpu(line)
  local times = shell(("cd %s && sh -c %q"):format(folder, line .. " >/dev/null 2>&1 || exit; times"))
  local minutes, seconds, system_minutes, system = times:match "\n(%d+)m([%d.]+)s (%d+)m([%d.]+)s"
  if not minutes then error("failed: " .. line) end
  return minutes * 60 + seconds + system_minutes * 60 + system
end

local function median(list)
  table.sort(list)
  return list[(#list + 1) // 2]
end

-- The original's tables with that many messages of about 30 words.
local function make(words)
  local original = dofile((arg[0]:match "^(.*)/" or ".") .. "/../fixtures/original.lua")
  local lines = { "PRAGMA synchronous = OFF; BEGIN;", original.DDL }
  for i = 0, math.max(1, count // 200) - 1 do
    lines[#lines + 1] = ("INSERT INTO sessions(id, name) VALUES ('session-%06d', 'name');"):format(i)
  end
  math.randomseed(7)
  for i = 0, count - 1 do
    local said = {}
    for k = 1, math.random(5, 55) do said[k] = words[math.random(#words)] end
    lines[#lines + 1] = ("INSERT INTO messages(session_id, role, text, created_at) VALUES ('session-%06d', '%s', '%s', "
      .. "'%s');"):format(i // 200, i % 2 == 0 and "user" or "assistant", table.concat(said, " "),
      os.date("!%Y-%m-%dT%H:%M:%S.000Z", 1735689600 + i))
  end
  lines[#lines + 1] = "COMMIT;"
  write("make.sql", table.concat(lines, "\n"))
  shell(("cd %s && sqlite3 original.db <make.sql"):format(folder))
end

write("plain.sql", [[
PRAGMA cache_size = -65536; BEGIN;
CREATE INDEX kalito_sessions_persona ON sessions(persona_id);
CREATE INDEX kalito_pins_session ON semantic_pins(session_id, importance_score DESC, created_at DESC, id DESC);
CREATE INDEX kalito_summaries_session
  ON conversation_summaries(session_id, importance_score DESC, created_at DESC, id DESC);
ALTER TABLE messages ADD COLUMN external_id TEXT;
CREATE UNIQUE INDEX kalito_messages_external ON messages(session_id, external_id) WHERE external_id IS NOT NULL;
CREATE VIRTUAL TABLE kalito_messages_fts USING fts5(text, content='', tokenize='porter unicode61 remove_diacritics 2');
INSERT INTO kalito_messages_fts(rowid, text) SELECT id, text FROM messages;
COMMIT;]])

local function adoption()
  local ratios = {}
  for i = 1, 5 do
    shell(("cd %s && cp original.db ours.db && cp original.db plain.db"):format(folder))
    ratios[i] = cpu(program .. " --db ours.db migrate") / cpu "sqlite3 plain.db <plain.sql"
    shell("rm -f " .. path "ours-before*")
  end
  print(("adoption, with its backup, CPU / our indexes in plain SQL   %.2f   (bar 2)"):format(median(ratios)))
end

local function backup()
  local ratios, verifying = {}, {}
  for i = 1, 5 do
    local wall = shell(("cd %s && bash -c 'TIMEFORMAT=%%R; time { cp ours.db copy.db && sync copy.db; }' 2>&1")
      :format(folder))
    local made = shell(("cd %s && mkdir -p made && %s --db ours.db --json backup made"):format(folder, program))
    local copied = tonumber(made:match '"copy_ms":(%d+)')
    ratios[i] = tonumber(wall) * 1000 / math.max(1, copied)
    verifying[i] = tonumber(made:match '"verify_ms":(%d+)') / math.max(1, copied)
    shell(("rm -rf %s %s"):format(path "made", path "copy.db"))
  end
  print(("backup, speed of copying / cp and sync                      %.2f   (bar 0.35)"):format(median(ratios)))
  print(("  verifying it, times of copying it                         %.2f"):format(median(verifying)))
end

local function check()
  local ratios = {}
  for i = 1, 5 do
    ratios[i] = cpu(program .. " --db ours.db check --quick") / cpu "sqlite3 ours.db 'PRAGMA quick_check'"
  end
  print(("check --quick, CPU / PRAGMA quick_check                     %.2f   (bar 2)"):format(median(ratios)))
end

local words = {}
for line in io.lines((arg[0]:match "^(.*)/" or ".") .. "/../../scripts/examples/sample.jsonl") do
  for word in line:gmatch "%a+" do words[#words + 1] = word end
end
make(words)
adoption()
backup()
check()
shell("rm -rf " .. folder)
