-- shown.lua: the results of a policy's function as the table that the `expect` of a carried test is compared with.

local kalito = package.loaded.kalito

local function names_of(reasons)
  local list = {}
  for i, reason in ipairs(reasons or {}) do list[i] = reason[1] end
  return list
end

local function show_number(score, reasons)
  return { score = score, reasons = names_of(reasons) }
end

local function show_list(list)
  local shown = { count = #list }
  for i, row in ipairs(list) do
    shown[i] = {}
    for key, value in pairs(row) do shown[i][key] = value end
    shown[i].reasons = row.reasons and names_of(row.reasons)
  end
  return shown
end

---@type table<string, fun(first: any, second: any): table> by the name of the function
return {
  score = show_number, update = show_number, importance = show_number,
  title = function(list) return show_list(list or {}) end,
  suggest = show_list, prompt = show_list, adjust = show_list,
  plan = function(plan) return plan end,
  due = function(range, reasons)
    range = range or {}
    return { due = range.first ~= nil, first = range.first, last = range.last, reasons = names_of(reasons) }
  end,
  accept = function(ok, reason) return { ok = ok, reason = reason } end,
  extract = function(text) return { text = text, tokens = kalito.text.tokens(text) } end,
  decide = function(decision, reason) return { decision = decision, reason = reason } end,
}
