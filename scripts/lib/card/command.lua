-- command.lua: what `kalito persona import` and `export` do: files to personas and back.

local kalito = package.loaded.kalito
local card_export = require "kalito.card.export"
local card_file = require "kalito.card.file"
local card_kept = require "kalito.card.kept"
local card_parts = require "kalito.card.parts"
local card_store = require "kalito.card.store"
local lore_book = require "kalito.card.lore_book"
local output = require "kalito.transfer.output"
local print = require "kalito.terminal.print"
local resolve = require "kalito.resolve"
local transaction = require "kalito.transaction"

local M = {}

local SHOWN <const> = 4 -- keys that are named

-- What is to be known of a card that was taken in: nothing of it is lost, but not everything is obeyed.
local function note_about(path, card)
  for _, note in ipairs(card.notes) do print.note(path .. ": " .. note) end
  local book = lore_book.of(card)
  for i, skipped in ipairs(book and book.skipped or {}) do
    if i > SHOWN then
      print.note(("%s: ... and %d more"):format(path, #book.skipped - SHOWN))
      break
    end
    print.note(("%s: entry %d of its lorebook is not called by the key %s: %s"):format(path, skipped.number,
      skipped.key, skipped.problem))
  end
  local kept = card_kept.of(card)
  if #kept > 0 then print.note(("%s: kept for export, but not obeyed: %s"):format(path, table.concat(kept, "; "))) end
end

local function read_cards(args)
  local items = {}
  if (args.name or #args.file == 0) and #args.file ~= 1 then return nil, "--name is for one FILE", "usage" end
  for i, path in ipairs(args.file) do
    local card, message, code = card_file.read(path)
    if not card then return nil, message, code end
    items[i] = { card = card, path = path, name = args.name, category = args.category }
  end
  return items
end

local function row_of(persona, card, outcome)
  local book = lore_book.of(card)
  return { id = persona.id, name = persona.name, spec = card.spec, outcome = outcome,
    greetings = #card_parts.greetings(card), entries = book and #book.entries or 0 }
end

local function show(rows)
  print.rows(rows, { { "ID" }, { "NAME", wide = true }, { "SPEC" }, { "OUTCOME" }, { "GREETINGS", right = true },
    { "LORE", key = "entries", right = true } })
  return true
end

-- Lorebooks of their own go to one persona: all of them, or none.
local function import_books(args, app)
  if args.name or args.category or args.replace then return nil, "--into is for lorebooks alone", "usage" end
  local db, persona, message, code
  db, message, code = app.open "write"
  if not db then return nil, message, code end
  persona, message, code = resolve.persona(db, args.into)
  if not persona then return nil, message, code end
  local card
  card, message, code = transaction.run(db, function()
    local last
    for _, path in ipairs(args.file) do
      local book, problem, kind = card_file.book(path)
      if book then last, problem, kind = card_store.add_book(db, persona, book, path) end
      if not last or not book then return nil, problem, kind end
    end
    return last
  end)
  if not card then return nil, message, code end
  note_about(persona.name, card)
  return show { row_of(persona, card, "lore added") }
end

---`kalito persona import`
---@param args table
---@param app table
---@return boolean? ok, string? message, string? code
function M.import(args, app)
  if #args.file == 0 then return nil, "a FILE is missing", "usage" end
  if args.into then return import_books(args, app) end
  local items, message, code = read_cards(args)
  if not items then return nil, message, code end
  local db, results
  db, message, code = app.open "write"
  if not db then return nil, message, code end
  results, message, code = card_store.import(db, items, args.replace)
  if not results then return nil, message, code end
  local rows = {}
  for i, result in ipairs(results) do
    note_about(items[i].path, items[i].card)
    rows[i] = row_of(result.persona, items[i].card, result.outcome)
  end
  return show(rows)
end

local FORMATS = { v2 = true, v3 = true, png = true }

-- The text or the picture to write.
local function export_bytes(args, db, persona)
  local root, left, code = card_export.root(db, persona, args.format ~= "png" and args.format or nil)
  if not root then return nil, persona.name .. ": " .. left, code end
  if #left > 0 then
    print.note("a card of version 1 has no place for " .. table.concat(left, ", ") .. ": --format v2 keeps it")
  end
  if args.format ~= "png" then return kalito.json.encode(root, 2) .. "\n" end
  local picture, message
  if args.picture then
    picture, message, code = card_file.bytes(args.picture)
    if not picture then return nil, message, code end
  end
  picture, message, code = card_export.picture(root, picture)
  return picture, message and (args.picture or "") .. ": " .. message, code
end

local function check(args)
  if args.format and not FORMATS[args.format] then return "--format must be v2, v3 or png" end
  if args.picture and args.format ~= "png" then return "--picture is for --format png" end
  local to_terminal = (not args.output or args.output == "-") and kalito.system.isatty "stdout"
  if args.format == "png" and to_terminal then return "a picture is nothing for a terminal: --output FILE" end
end

---`kalito persona export`
---@param args table
---@param db kalito.Store
---@param persona kalito.Persona
---@return boolean? ok, string? message, string? code
function M.export(args, db, persona)
  local problem = check(args)
  if problem then return nil, problem, "usage" end
  local bytes, message, code = export_bytes(args, db, persona)
  if not bytes then return nil, message, code end
  local function write(put)
    put(bytes)
    return true
  end
  if args.output and args.output ~= "-" then return output.file(args.output, db.stat().path, write) end
  return write(print.write)
end

return M
