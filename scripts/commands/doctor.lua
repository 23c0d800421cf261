-- doctor: what kalito stands on, on this machine.

local doctor = require "kalito.terminal.doctor"
local print = require "kalito.terminal.print"
local remarks = require "kalito.terminal.remarks"

return {
  name = "doctor",
  summary = "Say what protects, what is missing and what is broken on this machine",
  details = "Versions, folders and their rights, the database, the jail, scripts, backups, models. The exit status is\n"
    .. "1 when something should be mended; each such line says how.",
  example = "kalito doctor --json",
  run = function(_, app)
    local list = doctor.examine(app.path())
    remarks.show(list)
    if list.wrong == 0 then print.note "nothing to mend" end
    return list.wrong > 0 and 1 or 0
  end,
}
