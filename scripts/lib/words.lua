-- words.lua: the word lists of recall, from words/english.lua or the user's copy of it: what `require` gives is the
-- table that db.recall.words takes.

local script = require "kalito.script"

local found = script.find "words/english"
local lists, message = script.load(found, {})
if not lists then
  require("kalito.policy").report(message .. ": the shipped word lists are used")
  lists = script.builtin "words/english"
end
return lists
