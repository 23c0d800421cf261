-- The shipped rule of recall: the last word on what was found in the history; long because it carries its tests.
-- It keeps the order and the scores of the core, whose ranking was measured, and adds what the vectors say, when there
-- are any; two options let importance and age count. A pure function of the candidates and the options.

local exp = math.exp

local defaults = {
  importance = 0, -- how much importance counts: 1 makes an important message up to twice as good
  age = 0,        -- how much age counts: 1 takes away up to everything from what is old
  half_life = 90, -- days after which half of that is taken away
  similarity = 0.5, -- how much vectors count: the nearest gets this part of the best score added, see weigh; 0: nothing
  similar = 0.8,  -- messages this alike (kalito.text.similar) are shown once; 0 shows all of them
}

-- The best score by words, and the lowest and highest similarity. Scores of words and of vectors have scales of their
-- own, and cosines of one model lie in a narrow range: what counts is the place between the lowest and the highest.
local function scales(candidates)
  local best, low, high = 0, math.huge, -math.huge
  for _, row in ipairs(candidates) do
    best = math.max(best, row.score)
    if row.similarity then low, high = math.min(low, row.similarity), math.max(high, row.similarity) end
  end
  return { best = best > 0 and best or 1, low = low, range = high - low }
end

-- What one candidate's score becomes, with reasons that say why.
local function weigh(row, options, scale)
  local score, reasons = row.score, row.reasons or {}
  if options.similarity ~= 0 and row.similarity then
    local place = scale.range > 0 and (row.similarity - scale.low) / scale.range or 1
    score = score + options.similarity * scale.best * place
    reasons = { { "similarity", row.similarity }, table.unpack(reasons) }
  end
  if options.importance ~= 0 and row.importance_score then
    local factor = 1 + options.importance * row.importance_score
    score = score * factor
    reasons = { { "importance", factor }, table.unpack(reasons) }
  end
  if options.age ~= 0 and row.age_days and options.half_life > 0 then
    local kept = exp(-0.6931471805599453 * math.max(0, row.age_days) / options.half_life)
    local factor = 1 - options.age * (1 - kept)
    score = score * math.max(0, factor)
    reasons = { { "age", factor }, table.unpack(reasons) }
  end
  return { id = row.id, score = score, reasons = reasons }
end

---@param candidates table[] best first: id, score, role, importance_score, created_at, age_days, similarity, reasons
---@param query string
---@param ctx kalito.PolicyContext
---@return table[] rows best first: id, score, reasons
local function adjust(candidates, query, ctx) -- luacheck: no unused args
  local options, scale, rows, place = ctx.options, scales(candidates), {}, {}
  for i, row in ipairs(candidates) do
    rows[i] = weigh(row, options, scale)
    place[rows[i]] = i
  end
  local plain = options.similarity == 0 or scale.range < 0
  if plain and options.importance == 0 and options.age == 0 then return rows end
  table.sort(rows, function(a, b)
    if a.score ~= b.score then return a.score > b.score end
    return place[a] < place[b]
  end)
  return rows
end

local function row(id, score, importance, days)
  return { id = id, score = score, role = "user", importance_score = importance, age_days = days, reasons = {} }
end

local found = { row(1, 3, 0.2, 400), row(2, 2.5, 0.9, 10), row(3, 2.5, 0.9, 0) }

local function near(id, score, similarity)
  local candidate = row(id, score, 0.5, 1)
  candidate.similarity = similarity
  return candidate
end

local both = { near(1, 4, 0.2), near(2, 3), near(3, 2.5, 0.9), near(4, 0, 0.55) }

local function test(name, candidates, options, expect)
  return { name = name, given = { candidates = candidates, query = "parking", options = options }, expect = expect }
end

local tests = {
  test("the core's order stands", found, nil, { count = 3, { id = 1, score = 3 }, { id = 2 }, { id = 3 } }),
  test("nothing found is nothing", {}, nil, { count = 0 }),
  test("scores out of order are left so", { row(1, 1), row(2, 2) }, nil, { { id = 1 }, { id = 2 } }),
  test("importance can count", found, { importance = 1 },
    { { id = 2, score = 4.75, reasons = { "importance" } }, { id = 3 }, { id = 1 } }),
  test("age can count", found, { age = 1 }, { { id = 3, score = 2.5 }, { id = 2 }, { id = 1, reasons = { "age" } } }),
  test("half of it after the half-life", { row(1, 2, 0.5, 90) }, { age = 1 }, { { id = 1, score = 1 } }),
  test("equal ones keep their order", { row(4, 1, 0.5, 1), row(3, 1, 0.5, 1) }, { importance = 1, age = 0.5 },
    { { id = 4 }, { id = 3 } }),
  test("vectors add a part of the best score", both, nil,
    { { id = 3, score = 4.5, reasons = { "similarity" } }, { id = 1, score = 4 }, { id = 2, score = 3 },
      { id = 4, score = 1 } }),
  test("vectors need not count", both, { similarity = 0 },
    { { id = 1 }, { id = 2 }, { id = 3 }, { id = 4, score = 0 } }),
  test("vectors alone make an order", { near(1, 0, 0.3), near(2, 0, 0.7) }, nil,
    { { id = 2, score = 0.5 }, { id = 1, score = 0 } }),
  test("one that is near is as near as can be", { near(1, 2), near(2, 0, 0.1) }, nil,
    { { id = 1, score = 2 }, { id = 2, score = 1 } }),
  test("a row without its features keeps its score", { { id = 7, score = 1.5 } }, { importance = 1, age = 1 },
    { { id = 7, score = 1.5 } }),
}

return {
  name = "recall",
  describe = "keeps the order of the core, with what vectors say; importance and age can be made to count",
  defaults = defaults,
  adjust = adjust,
  tests = tests,
}
