#!/usr/bin/env kalito
-- Scores everything by a new rule and reports what that changes, session by session; writes it when told to.
--   kalito run rescore_report.lua DATABASE RULE.lua             only reports
--   kalito run rescore_report.lua DATABASE RULE.lua write       and stores the new scores
-- RULE.lua is your own code and returns a function: function(message, ctx) return score, { {word, number}, ... } end

local kalito = require "kalito"

local path, rule_path, what = ...
if not rule_path or what and what ~= "write" then
  error("usage: rescore_report.lua DATABASE RULE.lua [write]", 0)
end
local rule = assert(loadfile(rule_path, "t"))()
local db <close> = assert(kalito.open(path, { read_only = what ~= "write" }))

-- From here on the rule is the policy: its answers are checked as those of any policy.
kalito.policy.score = rule

local function store(session)
  assert(db.begin())
  for message in db.message.each { session = session.id } do
    local score, reasons = kalito.policy.call("score", "score", { now = db.now(), session = session.id }, message)
    if score ~= message.importance_score then
      assert(db.message.set { id = message.id, importance_score = score, score_reasons = kalito.json.encode(reasons) })
    end
  end
  assert(db.commit())
end

local messages, changed = 0, 0
for session in db.session.each { order = "oldest" } do
  local result = assert(kalito.try { db = db, session = session.id, score = rule, against = "stored" })
  print("== " .. (session.name or session.id))
  print(result)
  messages, changed = messages + result.messages, changed + result.changed
  if what then store(session) end
end
print(("%s %d of %d messages"):format(what and "changed" or "would change", changed, messages))
