-- embed: vectors of messages, by which recall also finds what has no word of the question.

local config = require "kalito.config"
local models = require "kalito.model.models"
local print = require "kalito.terminal.print"
local vectors = require "kalito.memory.vectors"

local function show_progress(counts)
  local done = counts.embedded + counts.skipped
  print.progress(("embedding: %d of %d messages"):format(done, math.max(done, counts.missing)))
end

local function report(id, problem)
  print.progress(nil)
  print.note(("message %d: %s"):format(id, problem))
end

-- Ctrl-C ends it like any other failure: what was stored stays, and is told.
local function fill(db, target, args, counts)
  local options = { all = args.all, limit = args.limit, progress = show_progress, report = report }
  local called, ok, message, code = pcall(vectors.fill, db, target, options, counts)
  print.progress(nil)
  if called then return ok, message, code end
  if not tostring(ok):find "interrupted" then error(ok, 0) end
  db.rollback()
  return nil, "interrupted", "interrupted"
end

local function told(counts, target)
  local line = ("%s embedded with %s"):format(print.count(counts.embedded, "message"), target.name)
  if counts.dimension then line = line .. (", %d numbers each"):format(counts.dimension) end
  return counts.skipped > 0 and line .. (", %d skipped"):format(counts.skipped) or line
end

return {
  name = "embed",
  summary = "Make the vectors of messages that recall can use",
  details = [[
With `embedding = "ollama:nomic-embed-text"` in config.lua, recall also finds messages that say the same in other
words: this asks the model for a vector of every message that has none, and stores it. Messages that come later have
none until it runs again; a changed text loses its vector, and another model makes all of them anew. Batches that
were stored stay when it is interrupted.]],
  options = {
    { "model", "MODEL", "the model, \"provider:name\" (default: `embedding` of config.lua)" },
    { "all", nil, "make the model's vectors anew" },
    { "limit", "N", "at most N messages this time", type = "integer", min = 1 },
  },
  example = "kalito embed --model ollama:nomic-embed-text",
  run = function(args, app)
    local settings, message, code = config.get()
    if not settings then return nil, message, code end
    local name = args.model or settings.embedding or ""
    if name == "" then return nil, "no model: give --model, or set `embedding` in config.lua", "usage" end
    local db, target, ok
    db, message, code = app.open "write"
    if not db then return nil, message, code end
    target, message, code = models.target(name)
    if not target then return nil, message, code end
    local counts = { model = target.name, embedded = 0, skipped = 0, missing = 0 }
    ok, message, code = fill(db, target, args, counts)
    if not ok then
      if counts.embedded > 0 then print.note(told(counts, target) .. ": they stay") end
      if code == "exists" then message = message .. ": kalito embed --all makes all of them anew" end
      return nil, message, code
    end
    counts.missing = nil
    print.result(counts, told(counts, target))
    return true
  end,
}
