-- resolve.lua: rows as people name them: by id, by the beginning of an id, or by exact name.

local M = {}

local function lines(rows, noun)
  local out = {}
  for i, row in ipairs(rows) do
    out[i] = "  " .. row.id .. "  " .. (row.name or "") .. (row.updated_at and "  " .. row.updated_at or "")
    if i == 10 then break end
  end
  return #rows .. " " .. noun .. "s fit:\n" .. table.concat(out, "\n")
end

local function find(verbs, noun, text)
  if text == "" then return nil, noun .. ": the name is empty", "usage" end
  local row, message, code, named, begun
  if #text <= 255 then row, message, code = verbs.get(text) end
  if row or code and code ~= "not_found" then return row, message, code end
  named, message, code = verbs.find { name = text }
  if not named then return nil, message, code end
  if #named == 1 then return named[1] end
  if #text > 255 or #text < 3 then
    begun = {}
  else
    begun, message, code = verbs.find { prefix = text, limit = 11 }
    if not begun then return nil, message, code end
  end
  if #named == 0 and #begun == 1 then return begun[1] end
  local all = #named > 0 and named or begun
  if #all > 1 then return nil, "'" .. text .. "' is ambiguous: " .. lines(all, noun), "usage" end
  return nil, "no " .. noun .. " is called '" .. text .. "', and no id begins so", "not_found"
end

---The session that a user means.
---@param db kalito.Store
---@param text string id, unique beginning of one, or exact name
---@return table? session, string? message, string? code
function M.session(db, text)
  return find(db.session, "session", text)
end

---The persona that a user means.
---@param db kalito.Store
---@param text string
---@return table? persona, string? message, string? code
function M.persona(db, text)
  return find(db.persona, "persona", text)
end

-- A command that begins with opening the database and finding what an argument names; `run` goes on with both.
local function with(noun, mode, run)
  return function(args, app)
    local db, message, code = app.open(mode)
    if not db then return nil, message, code end
    local row
    if args[noun] then
      row, message, code = M[noun](db, args[noun])
      if not row then return nil, message, code end
    end
    return run(args, db, row, app)
  end
end

---What a command does with the session that its argument names; nil when it may be left out and is.
---@param mode "read"|"write" how the database is opened
---@param run fun(args: table, db: kalito.Store, session: kalito.Session?, app: kalito.App): boolean?, string?, string?
---@return fun(args: table, app: kalito.App): boolean?, string?, string?
function M.with_session(mode, run)
  return with("session", mode, run)
end

---The same with a persona.
---@param mode "read"|"write"
---@param run fun(args: table, db: kalito.Store, persona: kalito.Persona?, app: kalito.App): boolean?, string?, string?
---@return fun(args: table, app: kalito.App): boolean?, string?, string?
function M.with_persona(mode, run)
  return with("persona", mode, run)
end

return M
