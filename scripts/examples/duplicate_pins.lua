#!/usr/bin/env kalito
-- Finds pins of a session that say the same, and deletes the less important one of two when told to.
--   kalito run duplicate_pins.lua DATABASE            only shows them
--   kalito run duplicate_pins.lua DATABASE delete     deletes them
-- Prints likeness, session, the pin that stays and the one that is too many.

local kalito = require "kalito"

local ALIKE = 0.6

local path, what = ...
if not path or what and what ~= "delete" then error("usage: duplicate_pins.lua DATABASE [delete]", 0) end
local db <close> = assert(kalito.open(path, { read_only = what ~= "delete" }))

-- Pins come by importance: of two that are alike the first one stays.
local function duplicates(session)
  local kept, list = {}, {}
  for pin in db.pin.each { session = session.id } do
    local twin, likeness
    for _, other in ipairs(kept) do
      likeness = kalito.text.similar(other.content, pin.content)
      if likeness >= ALIKE then
        twin = other
        break
      end
    end
    if twin then
      list[#list + 1] = { likeness = likeness, stays = twin, goes = pin }
    else
      kept[#kept + 1] = pin
    end
  end
  return list
end

local total = 0
if what then assert(db.begin()) end
for session in db.session.each() do
  for _, pair in ipairs(duplicates(session)) do
    print(("%.2f\t%s\t%s\t%s"):format(pair.likeness, session.name or session.id, pair.stays.content, pair.goes.content))
    if what then assert(db.pin.del(pair.goes.id)) end
    total = total + 1
  end
end
if what then assert(db.commit()) end
io.stderr:write(total, what and " deleted\n" or " found\n")
