-- init: makes the database and installs the shipped personas. Harmless when both are there.

local print = require "kalito.terminal.print"
local need = require("kalito.reading").need
local script = require "kalito.script"
local personas = require "kalito.persona"

return {
  name = "init",
  summary = "Make the database and install the personas",
  options = { { "no-personas", nil, "make an empty database" } },
  example = "kalito --db chat.db init",
  run = function(args, app)
    local db, message, code = app.open "create"
    if not db then return nil, message, code end
    local added = 0
    for _, name in ipairs(args.no_personas and {} or script.names "personas") do
      local found = script.find("personas/" .. name)
      local file = found and found.shipped and script.builtin("personas/" .. name)
      if file and not need(db.persona.get(file.id)) then
        local row
        row, message, code = db.persona.add(personas.row(file))
        if not row then return nil, message, code end
        added = added + 1
      end
    end
    print.result({ path = app.path(), personas = added },
      ("%s is ready: %s added"):format(app.path(), print.count(added, "persona")))
    return true
  end,
}
