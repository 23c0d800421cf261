-- persona: who answers. Long, because it has nine subcommands.

local card_command = require "kalito.card.command"
local print = require "kalito.terminal.print"
local need = require("kalito.reading").need
local resolve = require "kalito.resolve"

local FIELDS = {
  { "prompt", "TEXT", "the system prompt; - reads it from standard input" },
  { "description", "TEXT", "one line for lists" },
  { "icon", "TEXT", "an emoji" },
  { "category", "NAME", "general, coding, writing, learning or your own" },
  { "model", "NAME", "the model it prefers" },
  { "temperature", "NUMBER", "0 to 2", type = "number", min = 0, max = 2 },
  { "top-p", "NUMBER", "0 to 1", type = "number", min = 0, max = 1 },
  { "max-tokens", "N", "longest answer", type = "integer", min = 1, max = 1000000000 },
  { "repeat-penalty", "NUMBER", "above 0", type = "number", min = 1e-9, max = 1e9 },
}

local function row_of(args)
  local prompt = args.prompt
  if prompt == "-" then prompt = io.stdin:read("a"):gsub("\n$", "") end
  return {
    prompt = prompt, description = args.description, icon = args.icon, category = args.category,
    default_model = args.model, temperature = args.temperature, topP = args.top_p, maxTokens = args.max_tokens,
    repeatPenalty = args.repeat_penalty,
  }
end

local function list(args, app)
  local db, message, code = app.open "read"
  if not db then return nil, message, code end
  local rows
  rows, message, code = db.persona.find { category = args.category }
  if not rows then return nil, message, code end
  print.rows(rows, {
    { "ID" }, { "", key = "icon" }, { "NAME" }, { "CATEGORY" },
    { "DEFAULT", key = "is_default", show = function(v) return v and "default" or "" end },
    { "DESCRIPTION", wide = true },
  })
  return true
end

local function show(_, _, persona)
  print.row(persona, { "id", "name", "icon", "category", "is_default", "description", "default_model",
    "suggested_models", "temperature", "topP", "maxTokens", "repeatPenalty", "stopSequences", "created_at",
    "updated_at", "prompt" })
  return true
end

local function new(args, app)
  local db, message, code = app.open "write"
  if not db then return nil, message, code end
  local row = row_of(args)
  row.name = args.name
  row.prompt = row.prompt or ""
  row, message, code = db.persona.add(row)
  if not row then return nil, message, code end
  print.result(row, row.id)
  return true
end

local function set(args, db, persona)
  local row = row_of(args)
  row.id, row.name = persona.id, args.name
  local ok, message, code = db.persona.set(row)
  if not ok then return nil, message, code end
  print.result(need(db.persona.get(persona.id)), persona.id)
  return true
end

local function default(_, db, persona)
  local ok, message, code = db.persona.set { id = persona.id, is_default = true }
  if not ok then return nil, message, code end
  local of = persona.category or "no category"
  print.result(need(db.persona.get(persona.id)), persona.name .. " is the default of " .. of)
  return true
end

local function delete(_, db, persona)
  local sessions = db.session.count { persona = persona.id }
  local ok, message, code = db.persona.del(persona.id)
  if not ok then return nil, message, code end
  print.result({ deleted = persona.id, reassigned = sessions },
    ("deleted %s; %s got the default persona"):format(persona.name, print.count(sessions, "session")))
  return true
end

local function edit(_, db, persona)
  local row, message, code = require("kalito.persona.edit").edit(db, persona)
  if not row then return nil, message, code end
  if message then print.note(message) end
  print.result(row, row.id)
  return true
end

local PERSONA = { "persona", "id, beginning of an id, or name" }

return {
  name = "persona",
  summary = "List, make, change and remove personas",
  commands = {
    list = { summary = "List personas by name", options = { { "category", "NAME", "of this category only" } },
      example = "kalito persona list", run = list },
    show = { summary = "Show one persona", arguments = { PERSONA }, example = "kalito persona show coder",
      run = resolve.with_persona("read", show) },
    new = { summary = "Make a persona and print its id", arguments = { { "name", "what to call it" } },
      options = FIELDS, example = "kalito persona new chef --prompt 'You are a cook.' --category home", run = new },
    set = { summary = "Change a persona", arguments = { PERSONA },
      options = { { "name", "NAME", "another name" }, table.unpack(FIELDS) },
      example = "kalito persona set chef --temperature 0.4", run = resolve.with_persona("write", set) },
    default = { summary = "Make a persona the default of its category", arguments = { PERSONA },
      example = "kalito persona default chef", run = resolve.with_persona("write", default) },
    delete = { summary = "Delete a persona; its sessions get the default one", arguments = { PERSONA },
      example = "kalito persona delete chef", run = resolve.with_persona("write", delete) },
    edit = { summary = "Edit a persona in $VISUAL or $EDITOR", arguments = { PERSONA },
      example = "EDITOR=nano kalito persona edit chef", run = resolve.with_persona("write", edit) },
    import = {
      summary = "Make personas of character cards: JSON of version 1, 2 or 3, or PNG",
      details = "All files are read before anything is stored: one that cannot be used stops all of them. The card is\n"
        .. "kept whole, and what of it is not obeyed is told. Its lorebook speaks when a key occurs (words, or\n"
        .. "/regular expressions/); its greetings open new sessions. Lorebooks of their own (lorebook_v3, world\n"
        .. "info of SillyTavern) go into a persona with --into.",
      arguments = { { "file", "a card; - is standard input", rest = true } },
      options = {
        { "name", "NAME", "another name for the persona" },
        { "category", "NAME", "its category (default: character)" },
        { "replace", nil, "change the persona that has the name already" },
        { "into", "PERSONA", "the files are lorebooks of their own: put them into this persona's card" },
      },
      example = "kalito persona import ember.png", run = card_command.import,
    },
    export = {
      summary = "Write a persona as a character card", arguments = { PERSONA },
      options = {
        { "output", "FILE", "write to FILE (default: standard output)" },
        { "format", "FORMAT", "v2, v3 or png (default: the version that it came as, else v2)" },
        { "picture", "FILE", "the PNG that carries the card (default: one pixel)" },
      },
      example = "kalito persona export ember --format png --picture ember.png --output card.png",
      run = resolve.with_persona("read", card_command.export),
    },
  },
}
