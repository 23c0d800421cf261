-- vectors.lua: what a model of embeddings adds to recall, when the settings name one: the messages near a query, and
-- the vectors of messages, made in batches on request. Nothing here is on the way of a message into the database.

local kalito = package.loaded.kalito
local models = require "kalito.model.models"
local policy = require "kalito.policy"
local provider = require "kalito.model.provider"
local need = require("kalito.reading").need
local transaction = require "kalito.transaction"

local M = {}

local BATCH <const> = 32       -- texts in one request, and vectors in one transaction
local TEXT <const> = 8000      -- bytes of a text that are embedded: at most so many tokens, which every model takes
local NEAREST <const> = 100    -- messages that a query is compared with in the end
local REST <const> = 60        -- seconds that a server which has failed is not asked again
local IN_A_ROW <const> = 3     -- texts that fail one after the other: it is the server's fault

-- What some models want in front of a query and of what is searched, by the beginning of their names.
local PREFIXES = {
  { "nomic%-embed", "search_query: ", "search_document: " },
  { "mxbai%-embed", "Represent this sentence for searching relevant passages: ", "" },
  { "snowflake%-arctic%-embed2", "query: ", "" },
  { "snowflake%-arctic%-embed", "Represent this sentence for searching relevant passages: ", "" },
  { "multilingual%-e5", "query: ", "passage: " },
  { "e5%-", "query: ", "passage: " },
}

local function prefix(target, which)
  local name = target.model:match "[^/]*$"
  for _, row in ipairs(PREFIXES) do
    if name:find("^" .. row[1]) then return row[which] end
  end
  return ""
end

-- The beginning of a text, ended between two characters.
local function cut(text)
  if #text <= TEXT then return text end
  return text:sub(1, utf8.offset(text, 0, TEXT + 1) - 1)
end

-- A text without words may get a vector of zeros, which is near nothing.
local function has_direction(vector)
  local any = false
  for _, x in ipairs(vector) do
    if x > 3e38 or x < -3e38 then return false end
    any = any or x > 1e-37 or x < -1e-37
  end
  return any
end

-- ---- near a query ----

local resting, told = {}, {} -- by model: until when it is not asked; what the user has been told

local function tell(name, message)
  if told[name] then return end
  told[name] = true
  policy.report(message)
end

local function embed_query(name, query)
  local target, message, code = models.target(name)
  if not target then return nil, message, code end
  local result
  local settings = { retries = 0, connect_timeout = 2 } -- someone waits for an answer that needs no vectors
  result, message, code = provider.embed(target, { prefix(target, 2) .. cut(query) }, settings)
  if not result then return nil, message, code end
  return { model = target.name, values = result.vectors[1] }
end

---The messages whose vectors are near a query.
---@param db kalito.Store
---@param name string of the model
---@param options table as db.recall.find takes it: query, session, sessions, without
---@return table[]? hits, string? message, string? code nil alone: the server does not answer, which is told once
function M.near(db, name, options)
  if kalito.system.clock() < (resting[name] or 0) then return nil end
  local request, message, code = embed_query(name, need(db.redaction.text(options.query)))
  if code == "interrupted" then return nil, message, code end
  if not request then
    resting[name] = kalito.system.clock() + REST
    tell(name, message .. "; recall goes by words alone")
    return nil
  end
  if not has_direction(request.values) then return nil end
  request.session, request.sessions, request.without = options.session, options.sessions, options.without
  request.limit = NEAREST
  local hits
  hits, message, code = db.vector.find(request)
  if hits and #hits == 0 and need(db.vector.count(request.model)) == 0 then
    tell(name, "no message has a vector of " .. request.model .. " yet: kalito embed makes them")
  end
  return hits, message, code
end

-- ---- vectors of messages ----

-- One may be gone by now, and another program may have stored bytes that are no text.
local function rows_of(db, ids, counts)
  local rows = {}
  for _, id in ipairs(ids) do
    local row = need(db.message.get(id))
    if row and kalito.text.valid(row.text) then rows[#rows + 1] = row else counts.skipped = counts.skipped + 1 end
  end
  return rows
end

local function store(db, target, rows, vectors, counts)
  local stored = 0
  local ok, message, code = transaction.run(db, function()
    for i, row in ipairs(rows) do
      if has_direction(vectors[i]) then
        local set, problem, kind = db.vector.set { message = row.id, model = target.name, values = vectors[i],
          text = row.text }
        if not set and kind ~= "not_found" then return nil, problem, kind end -- not_found: it was edited meanwhile
        stored = stored + (set and 1 or 0)
      end
    end
    return true
  end)
  if not ok then return nil, message, code end
  counts.embedded = counts.embedded + stored
  counts.skipped = counts.skipped + #rows - stored
  return true
end

local function embed_rows(db, target, rows, counts, extra)
  local texts = {}
  if #rows == 0 then return true end
  for i, row in ipairs(rows) do texts[i] = prefix(target, 3) .. cut(need(db.redaction.text(row.text))) end
  local result, message, code = provider.embed(target, texts, extra)
  if not result then return nil, message, code end
  counts.dimension = result.dimension
  return store(db, target, rows, result.vectors, counts)
end

-- A server refuses a batch for one text that it cannot take: then each goes alone.
local function embed_each(db, target, rows, counts, report)
  local failed, refused = 0, {}
  for _, row in ipairs(rows) do
    local ok, message, code = embed_rows(db, target, { row }, counts, { retries = 0 })
    failed = ok and 0 or failed + 1
    if not ok and (code ~= "http" or failed == IN_A_ROW) then return nil, message, code end
    if not ok then refused[#refused + 1] = { row.id, message } end
  end
  counts.skipped = counts.skipped + #refused
  for _, one in ipairs(refused) do report(one[1], one[2]) end
  return true
end

-- Makes room for new vectors, when the model is there to make them.
local function forget(db, target)
  local result, message, code = provider.embed(target, { "Is anybody there?" })
  if not result then return nil, message, code end
  return db.vector.del(target.name)
end

---Makes the vectors that are missing, in batches: each is stored before the next is asked for.
---@param db kalito.Store
---@param target kalito.Target
---@param options table `all`, `limit`; progress(counts) after a batch; report(id, problem) for a text that was refused
---@param counts { embedded: integer, skipped: integer, missing: integer, dimension: integer? } filled in as it goes
---@return boolean? ok, string? message, string? code
function M.fill(db, target, options, counts)
  local ok, message, code = true, nil, nil
  if options.all then ok, message, code = forget(db, target) end
  local after, left = 0, options.limit or math.maxinteger
  counts.missing = math.min(left, math.max(0, need(db.message.count()) - need(db.vector.count(target.name))))
  while ok and left > 0 do
    local ids
    ids, message, code = db.vector.missing { model = target.name, after = after, limit = math.min(BATCH, left) }
    if not ids then return nil, message, code end
    if #ids == 0 then break end
    local rows = rows_of(db, ids, counts)
    ok, message, code = embed_rows(db, target, rows, counts)
    if not ok and code == "http" and #rows > 1 then
      ok, message, code = embed_each(db, target, rows, counts, options.report)
    end
    after, left = ids[#ids], left - #ids
    options.progress(counts)
  end
  return ok, message, code
end

return M
