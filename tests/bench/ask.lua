-- ask.lua: what chat:ask costs beside the request itself, in a session of many messages: CPU per turn, with a model
-- server that answers at once. Run by hand from the top of the tree, with a build's module and model server:
--   export KALITO_TESTS=build/test/tests LUA_CPATH="$PWD/build/release/lua/?.so;;"
--   lua5.4 tests/bench/ask.lua [MESSAGES [RECALLED]]
-- RECALLED: how many messages the plan wants recalled at most, when not as the policy has it: each of them costs.
local kalito = require "kalito"
local policy = require "kalito.policy"
local provider = require "kalito.model.provider"
local chats = dofile "tests/fixtures/chat.lua"

local MESSAGES, TURNS = math.tointeger(tonumber(arg[1])) or 10000, 200

math.randomseed(7)

-- Words are as frequent as in a language: the k-th one k times rarer than the first.
local function sentence(length)
  local words = {}
  for i = 1, length do words[i] = "word" .. math.floor(20000 ^ math.random()) end
  return table.concat(words, " ")
end

local function question()
  return "Where did we see " .. sentence(3) .. "?"
end

local function seconds_of(run)
  local begun = os.clock()
  for _ = 1, TURNS do run() end
  return (os.clock() - begun) / TURNS
end

local s, path = chats.server(), os.tmpname()
local chat, db = chats.new(path)
assert(db.begin())
for i = 1, MESSAGES do
  db.message.add { session = chat.id, role = i % 2 == 1 and "user" or "assistant", text = sentence(25) .. "." }
end
assert(db.commit())
db.close() -- a chat opens a database that is full already: the connection that fills it keeps tables as large as that
db = assert(kalito.open(path))
chat = kalito.conversation(db, chat.id)

local target = assert(provider.resolve("ollama:m", chats.config(s, "plain")))
local options = policy.get("context").options
options.recalled = math.tointeger(tonumber(arg[2])) or options.recalled
local answer
for _ = 1, 20 do answer = assert(chat:ask(question(), { model = target })) end
local sent = answer.context.messages
local request = seconds_of(function() assert(provider.chat(target, sent)) end)
local recall = seconds_of(function() assert(chat:recall(question(), { limit = 10 })) end)
local whole = seconds_of(function() assert(chat:ask(question(), { model = target })) end)
local shown = 0
for _, item in ipairs(answer.context.items) do
  if item.part == "recalled" and item["in"] then shown = shown + 1 end
end
print(("messages %d  recalled %d  ask %.2f ms  request %.2f ms  added %.2f ms, of which recall %.2f ms"):format(
  MESSAGES, shown, whole * 1e3, request * 1e3, (whole - request) * 1e3, recall * 1e3))

db.close()
s:stop()
for _, ending in ipairs { "", "-wal", "-shm" } do os.remove(path .. ending) end
