-- chat_summary.lua: when the session of a chat has outgrown its place, another process summarises it while the user
-- goes on.

local kalito = package.loaded.kalito
local chats = require "kalito.terminal.chat"
local print = require "kalito.terminal.print"
local need = require("kalito.reading").need
local summaries = require "kalito.memory.summaries"
local titles = require "kalito.memory.titles"

local M = {}

---The words of `kalito summary make` for what is due in this chat, without its session.
---@param chat kalito.Chat
---@return string[]
function M.words(chat)
  local words, name = { "--due", "--budget=" .. chats.sizes(chat).model_context }, chats.model_name(chat)
  words[3] = chat.notebook and "--no-model" or name and "--model=" .. name
  return words
end

local function words_of(chat)
  local words, options = { kalito.system.realpath "/proc/self/exe", "--db=" .. chat.app.path() }, chat.app.options
  if options.scripts then words[#words + 1] = "--scripts=" .. options.scripts end
  for _, flag in ipairs { "no-init", "allow-unisolated" } do
    if options[flag:gsub("%-", "_")] then words[#words + 1] = "--" .. flag end
  end
  table.move({ "summary", "make", chat.talk.id }, 1, 3, #words + 1, words)
  local more = M.words(chat)
  return table.move(more, 1, #more, #words + 1, words)
end

local function name_of(chat)
  return (need(chat.db.session.get(chat.talk.id)) or {}).name
end

local function is_due(chat)
  local asks = not chat.notebook and chats.model_name(chat)
  return summaries.due(chat.talk, { budget = chats.sizes(chat).model_context }) or asks and titles.due(chat.talk)
end

---Starts `kalito summary make --due` as a process of its own, when something is due and none runs. It also asks for a
---title.
---@param chat kalito.Chat
function M.start(chat)
  if chat.child or not is_due(chat) then return end
  local began = chat.db.now()
  local process, message = kalito.system.spawn(words_of(chat))
  if not process then return print.note("not summarised: " .. message) end
  chat.child = { process = process, began = began, name = name_of(chat) }
end

---Says what the other process has done, once it has ended.
---@param chat kalito.Chat
function M.tell(chat)
  local status = chat.child and kalito.system.ended(chat.child.process)
  if not status then return end
  for _, row in ipairs(need(chat.db.summary.find { session = chat.talk.id, since = chat.child.began })) do
    print.note(("(summarised %s %s)"):format(print.count(row.message_count, "message"),
      row.origin == "model" and "by " .. row.model or "without a model"))
  end
  local name = name_of(chat)
  if name ~= chat.child.name then print.note(("(the session is called %s)"):format(print.safe(name or ""))) end
  if status ~= 0 then print.note "(summarising failed: kalito summary make --due says why)" end
  chat.child = nil
end

return M
