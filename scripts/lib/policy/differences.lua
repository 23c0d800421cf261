-- differences.lua: compares what a test expects with what came, and says readably what differs.

local function word(value)
  if type(value) == "string" then return ("%q"):format(value):gsub("\\\n", "\\n") end
  if math.type(value) == "float" then return ("%.10g"):format(value) end
  return tostring(value)
end

-- A test is data, so that what a text or a number must be like is a table: { contains =, lacks =, min =, max = }.
local conditions = {
  contains = function(value, wanted) return value:find(wanted, 1, true) ~= nil end,
  lacks = function(value, wanted) return not value:find(wanted, 1, true) end,
  min = function(value, wanted) return value >= wanted end,
  max = function(value, wanted) return value <= wanted end,
}

local function check_conditions(wanted, value, at, out)
  for name, given in pairs(wanted) do
    for _, one in ipairs(type(given) == "table" and given or { given }) do
      local fits = conditions[name] and (type(value) == "string") == (type(one) == "string")
      if not fits or not conditions[name](value, one) then
        out[#out + 1] = ("%s: expected %s %s, got %s"):format(at, name, word(one), word(value))
      end
    end
  end
end

local function compare(wanted, value, at, out)
  if type(wanted) == "table" and type(value) == "table" then
    for key, one in pairs(wanted) do
      compare(one, value[key], at .. (math.type(key) and ("[%d]"):format(key) or (at == "" and "" or ".") .. key), out)
    end
    if wanted[1] ~= nil and type(wanted[1]) == "string" and #value > #wanted then -- a list of words is the whole list
      out[#out + 1] = ("%s: expected %d, got %d: %s"):format(at, #wanted, #value, table.concat(value, ", "))
    end
  elseif type(wanted) == "table" and (type(value) == "string" or math.type(value)) then
    check_conditions(wanted, value, at, out)
  elseif math.type(wanted) and math.type(value) then
    if math.abs(wanted - value) > 1e-9 then
      out[#out + 1] = ("%s: expected %s, got %s"):format(at, word(wanted), word(value))
    end
  elseif wanted ~= value then
    out[#out + 1] = ("%s: expected %s, got %s"):format(at, word(wanted), word(value))
  end
end

---What differs between what a test expects and what came: only the keys that it names are compared.
---@param wanted any
---@param value any
---@return string[] lines, empty when nothing differs
return function(wanted, value)
  local out = {}
  compare(wanted, value, "", out)
  table.sort(out)
  return out
end
