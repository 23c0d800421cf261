#!/usr/bin/env kalito
-- Moves a persona from one database to another. It keeps its id, so that sessions that follow it find it again.
--   kalito run move_persona.lua FROM TO NAME
-- The copy is on the disk before the original goes. Sessions in FROM get the default persona instead. A persona that is
-- a default cannot go: make another one the default first (kalito persona default).

local kalito = require "kalito"

local from_path, to_path, name = ...
if not name then error("usage: move_persona.lua FROM TO NAME", 0) end
local from <close> = assert(kalito.open(from_path))
local to <close> = assert(kalito.open(to_path))

local found = assert(from.persona.find { name = name })
if #found ~= 1 then error(("%d personas are called %s in %s"):format(#found, name, from_path), 0) end
local persona = found[1]
if persona.is_default then error(name .. " is a default persona: make another one the default first", 0) end

local row, message, code = to.persona.add(persona)
if code == "exists" then error(to_path .. " has a persona with the id " .. persona.id .. " already", 0) end
assert(row, message)
local card = from.card.get(persona.id) -- the character card that it came from, if it did
if card then assert(to.card.add(card)) end
assert(from.persona.del(persona.id))
print(("moved %s (%s), %d sessions have another persona now"):format(name, persona.id,
  from.session.count { persona = persona.id }))
