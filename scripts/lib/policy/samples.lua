-- samples.lua: inputs that every policy of a kind must cope with, whatever it decides: the contract checks of
-- `kalito script test`. Each is { name, function, arguments before ctx, more fields of ctx }.

local M = {}

local NOW <const> = "2025-03-31T12:00:00.000Z"

local bodies = {
  { "a short text", "Where did we park?" }, { "one letter", "x" }, { "white space", " \n\t " },
  { "code", "It stops:\n```c\nint main(void) { return 0; }\n```\nWhy?" },
  { "Japanese", "駅はどこですか。土曜日に行きます。" }, { "emoji", "🎉🎉 👩‍👩‍👧" }, { "combining marks", "e\u{301}o\u{308}" },
  { "control characters", "a\1b\27[31mc\127" }, { "a long line", ("word "):rep(8000) },
  { "many lines", ("- item\n"):rep(4000) }, { "one long word", ("a"):rep(60000) },
  { "patterns", "%d+ [a-z]* (.-)%s $^" }, { "brackets", ("("):rep(2000) },
}

local function message(role, body, id)
  return { id = id or 1, session = "b99fdcaf-d660-4905-be02-811dad7d8595", role = role, text = body,
    importance_score = 0.6, created_at = NOW }
end

local function messages(n)
  local list = {}
  for i = 1, n do
    list[i] = message(i % 2 == 1 and "user" or "assistant", "Sentence " .. i .. " about Oslo. And one more.", i)
  end
  return list
end

local function each_body(call, out, ctx)
  for _, body in ipairs(bodies) do
    for _, role in ipairs { "user", "assistant" } do
      out[#out + 1] = { call .. ": " .. body[1] .. " (" .. role .. ")", call, { message(role, body[2]) }, ctx }
    end
  end
  for _, role in ipairs { "system", "tool" } do
    out[#out + 1] = { call .. ": a " .. role .. " message", call, { message(role, "Ready.") }, ctx }
  end
  return out
end

local make = {}

function make.score()
  local out = each_body("score", {})
  for _, event in ipairs { "pinned", "unpinned", "summarised", "edited", "retried", "rated_up", "rated_down", "x" } do
    out[#out + 1] = { "update: " .. event, "update", { message("user", "We meet on Friday."), event } }
  end
  local bare = { role = "user", text = "Without a score." }
  out[#out + 1] = { "update: a message without a score", "update", { bare, "edited" } }
  return out
end

function make.pin()
  local out = each_body("suggest", {})
  out[#out + 1] = { "suggest: pins and memory", "suggest", { message("user", "We decided on Oslo.") },
    { pins = { "We decided on Oslo." }, shown = { "We decided on Oslo. It rains." }, messages = 10, auto = 1 } }
  return out
end

function make.context()
  return {
    { "plan: without a query", "plan", {}, { budget = 4000 } },
    { "plan: with a query", "plan", {}, { budget = 4000, query = "Where did we park?" } },
    { "plan: a tiny budget", "plan", {}, { budget = 1 } }, { "plan: a huge budget", "plan", {}, { budget = 2000000 } },
  }
end

local function stats(n, tokens)
  local list = {}
  for i = 1, n do list[i] = { id = i, tokens = tokens, role = i % 2 == 1 and "user" or "assistant" } end
  return { live_messages = n, live_tokens = n * tokens, model_context = 4096, list = list }
end

function make.summarize()
  local out = { { "prompt: no message", "prompt", { {} } }, { "extract: no message", "extract", { {} } },
    { "importance: no message", "importance", { "", {} } }, { "accept: an empty text", "accept", { "", messages(4) } } }
  for _, n in ipairs { 0, 1, 2, 41, 400 } do
    out[#out + 1] = { "due: " .. n .. " messages", "due", { stats(n, 50) } }
  end
  for _, n in ipairs { 1, 2, 40 } do
    out[#out + 1] = { "prompt: " .. n .. " messages", "prompt", { messages(n) } }
    out[#out + 1] = { "extract: " .. n .. " messages", "extract", { messages(n) }, { limit = 100 } }
    out[#out + 1] = { "accept: " .. n .. " messages", "accept", { "- Sentence about Oslo.", messages(n) } }
    out[#out + 1] = { "importance: " .. n .. " messages", "importance", { "- Sentence about Oslo.", messages(n) } }
  end
  out[#out + 1] = { "title: the first exchange", "title", { messages(2) } }
  for _, body in ipairs(bodies) do
    out[#out + 1] = { "extract: " .. body[1], "extract", { { message("user", body[2]) } }, { limit = 50 } }
    out[#out + 1] = { "accept: " .. body[1], "accept", { body[2], messages(4) } }
  end
  return out
end

function make.recall()
  local rows = {}
  for i = 1, 100 do
    rows[i] = { id = i, score = 101 - i, role = "user", importance_score = i / 100, created_at = NOW, age_days = i,
      reasons = { { "words", 101 - i } }, similarity = i % 3 == 0 and 1 - i / 50 or nil }
  end
  return {
    { "adjust: nothing found", "adjust", { {}, "Where did we park?" } },
    { "adjust: one row", "adjust", { { rows[1] }, "Where did we park?" } },
    { "adjust: a hundred rows", "adjust", { rows, "Where did we park?" } },
    { "adjust: an empty query", "adjust", { rows, "" } },
  }
end

function make.retain()
  local out = {}
  for _, saved in ipairs { true, false } do
    for _, used in ipairs { NOW, "2019-01-01T00:00:00.000Z", "2031-01-01T00:00:00.000Z" } do
      local row = { id = "b99fdcaf-d660-4905-be02-811dad7d8595", name = "Trip", saved = saved, created_at = used,
        updated_at = used, message_count = 3 }
      local name = ("decide: %s, used %s"):format(saved and "saved" or "temporary", used:sub(1, 4))
      out[#out + 1] = { name, "decide", { row } }
    end
  end
  return out
end

---Inputs of the functions that only a persona has: { name, function, arguments before ctx }.
---@return table[]
function M.of_persona()
  local who = { id = "b99fdcaf-d660-4905-be02-811dad7d8595", name = "sample", prompt = "You are {{char}}." }
  local out = { { "system: a prompt", "system", { who } } }
  for _, body in ipairs(bodies) do
    out[#out + 1] = { "before: " .. body[1], "before", { { role = "user", text = body[2], session = who.id } } }
    out[#out + 1] = { "after: " .. body[1], "after", { body[2] } }
  end
  return out
end

---@param kind string
---@return table[]
function M.of(kind)
  return make[kind]()
end

M.NOW = NOW

return M
