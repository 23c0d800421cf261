#!/usr/bin/env kalito
-- Summarises what has outgrown every session, backs the database up, keeps the newest backups, and archives and deletes
-- sessions as the retain policy says (see kalito session cleanup). For cron.
--   kalito run nightly.lua DATABASE FOLDER             asks the model that each session talks to, keeps 7
--   kalito run nightly.lua DATABASE FOLDER 30 extract  keeps 30, asks no model
-- Prints each summary with its session, the backup, and each session that went with the reason. What fails in one
-- session does not stop the others.

local kalito = require "kalito"
local backups = require "kalito.transfer.backups"
local retention = require "kalito.memory.retention"

local path, folder, keep, how = ...
keep = math.tointeger(tonumber(keep or 7))
if not folder or not keep or keep < 1 or how and how ~= "extract" then
  error("usage: nightly.lua DATABASE FOLDER [KEEP [extract]]", 0)
end
local db <close> = assert(kalito.open(path))

local failed = 0
for session in db.session.each { scope = "live" } do
  local name = session.name or session.id
  local done, message = kalito.conversation(db, session.id):maintain {
    model = how ~= "extract" and session.model or false,
    on_step = function(row) print(("%s\t%d messages\t%s"):format(name, row.message_count, row.origin)) end,
  }
  for _, note in ipairs(done and done.notes or { message }) do io.stderr:write(name, ": ", note, "\n") end
  if not done then failed = failed + 1 end
end

local made = assert(db.backup(folder))
print(("%s\t%d messages"):format(made.path, made.messages))
for _, removed in ipairs(assert(backups.prune(folder, made.store_id, keep))) do print("removed\t" .. removed) end
-- After the backup, which still has them.
for _, row in ipairs(assert(retention.run(db, {}))) do
  if row.done then print(("%s\t%s\t%s"):format(row.decision, row.name or row.id, row.reason or "")) end
end
if failed > 0 then error(failed .. " sessions were not summarised", 0) end
