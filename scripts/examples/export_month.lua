#!/usr/bin/env kalito
-- Writes what was said in one month as Markdown: a chapter for each session, a heading for each day.
--   kalito run export_month.lua DATABASE 2025-03 > march.md

local kalito = require "kalito"

local path, month = ...
local year, number = (month or ""):match "^(%d%d%d%d)%-(%d%d)$"
if not path or not year or tonumber(number) < 1 or tonumber(number) > 12 then
  error("usage: export_month.lua DATABASE YYYY-MM", 0)
end

-- The first day of the month, and of the next one.
local since = month .. "-01"
local before = number == "12" and ("%d-01-01"):format(year + 1) or ("%s-%02d-01"):format(year, number + 1)

local function write_message(message)
  local who = message.speaker or message.role
  io.write(("\n**%s**, %s\n\n"):format(who, message.created_at:sub(12, 16)))
  io.write("> ", (message.text:gsub("\n", "\n> "):gsub("> \n", ">\n")), "\n")
end

local function write_session(db, session)
  local day, count = nil, 0
  for message in db.message.each { session = session.id, since = since, before = before } do
    if count == 0 then io.write("\n## ", session.name or session.id, "\n") end
    if message.created_at:sub(1, 10) ~= day then
      day = message.created_at:sub(1, 10)
      io.write("\n### ", day, "\n")
    end
    write_message(message)
    count = count + 1
  end
  return count
end

local db <close> = assert(kalito.open(path, { read_only = true }))
io.write("# ", month, "\n")
local total = 0
for session in db.session.each { order = "oldest" } do total = total + write_session(db, session) end
io.stderr:write(total, " messages\n")
