#!/usr/bin/env kalito
-- Pins every sentence that looks like a decision, unless a pin says the same already.
--   kalito run pin_decisions.lua DATABASE [SESSION]      SESSION: an id; all sessions otherwise
-- Prints what it has pinned. Run it again at any time: it pins nothing twice.

local kalito = require "kalito"

local decided = kalito.text.words {
  "we decided", "we have decided", "we've decided", "I decided", "I've decided", "decided on", "decided by", "decision",
  "agreed", "we agreed", "we settled on", "we'll go with", "we're going with", "let's go with", "final answer",
}
local open = kalito.text.words {
  "haven't decided", "not decided", "no decision", "undecided", "not agreed", "had decided", "decided yet", "remind me",
}

local function is_decision(sentence)
  return decided:count(sentence, 1) > 0 and open:count(sentence, 1) == 0 and not sentence:find "%?%s*$"
    and #sentence >= 24
end

local function is_known(pins, sentence)
  for _, pin in ipairs(pins) do
    if kalito.text.similar(pin.content, sentence) >= 0.6 then return true end
  end
  return false
end

local function pin_session(db, session)
  local pins, added = assert(db.pin.find { session = session.id }), 0
  for message in db.message.each { session = session.id } do
    for sentence in kalito.text.sentences(message.text) do
      if message.role == "user" and is_decision(sentence) and not is_known(pins, sentence) then
        pins[#pins + 1] = assert(db.pin.add {
          session = session.id, content = sentence, source_message_id = tostring(message.id), pin_type = "auto",
          importance_score = 0.7, created_at = db.now(),
        })
        print(("%s\t%s\t%s"):format(session.name or session.id, message.created_at:sub(1, 10), sentence))
        added = added + 1
      end
    end
  end
  return added
end

local path, only = ...
if not path then error("usage: pin_decisions.lua DATABASE [SESSION]", 0) end
local db <close> = assert(kalito.open(path))
local sessions = only and { assert(db.session.get(only)) } or assert(db.session.find())
assert(db.begin()) -- all pins or none
local total = 0
for _, session in ipairs(sessions) do total = total + pin_session(db, session) end
assert(db.commit())
io.stderr:write(total, " pinned\n")
