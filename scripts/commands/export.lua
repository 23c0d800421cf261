-- export: sessions with everything that belongs to them, as lines of JSON.

local export = require "kalito.transfer.export"
local output = require "kalito.transfer.output"
local print = require "kalito.terminal.print"
local resolve = require "kalito.resolve"

local function find(db, args)
  if args.all then
    if args.session then return nil, "SESSION and --all exclude each other", "usage" end
    return false
  end
  if not args.session then return nil, "SESSION is missing (--all exports everything)", "usage" end
  return resolve.session(db, args.session)
end

local function show_progress(done, of)
  print.progress(("exporting: %d of %d messages"):format(done, of))
end

local function report(manifest)
  print.progress(nil)
  local names = {}
  for i, foreign in ipairs(manifest.not_exported or {}) do names[i] = foreign.kind .. " " .. foreign.name end
  if #names > 0 then print.note("not exported, because kalito does not know it: " .. table.concat(names, ", ")) end
  if manifest.missing == 0 then return true end
  return nil, print.count(manifest.missing, "row")
    .. " not exported: not in any session (kalito optimize --rebuild makes one)", "corrupt"
end

return {
  name = "export",
  summary = "Write sessions with all that belongs to them as lines of JSON",
  details = "The first line tells what follows; then comes one object a line, its \"kind\" first: persona, session,\n"
    .. "message, summary, pin. kalito import reads it back. Everything is as of one moment.",
  arguments = { { "session", "id, beginning of an id, or name", optional = true } },
  options = {
    { "all", nil, "every session, and every persona" },
    { "output", "FILE", "write to FILE (default: standard output)" },
  },
  example = "kalito export --all --output memory.jsonl",
  run = function(args, app)
    local db, message, code = app.open "read"
    if not db then return nil, message, code end
    local session
    session, message, code = find(db, args)
    if session == nil then return nil, message, code end
    local function work(write)
      return export.write(db, session or nil, write, show_progress)
    end
    local manifest
    if args.output and args.output ~= "-" then
      manifest, message, code = output.file(args.output, app.path(), work)
    else
      manifest, message, code = work(print.write)
      print.flush()
    end
    if not manifest then return nil, message, code end
    return report(manifest)
  end,
}
