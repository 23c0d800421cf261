-- terms.lua: the words of a text that carry its meaning, for comparing a summary with its source. Pure, with
-- kalito.text only, so that policies can build on it in the jail: kalito.script.builtin("lib/terms").

local M = {}

local STEM = 5 -- "decided" and "decision" begin alike

-- Scripts without blanks: pairs of neighbours stand for words.
local function add_pairs(run, add)
  local before
  for _, code in utf8.codes(run, true) do
    local c = utf8.char(code)
    if before then add(before .. c) end
    before = c
  end
end

---Calls add(term) for every word of four letters or more (its beginning, in lower case), every number, and every pair
---of neighbours in Chinese and Japanese. Text that is not valid UTF-8 has its ASCII words only.
---@param text string
---@param add fun(term: string)
function M.each(text, add)
  local valid = utf8.len(text) ~= nil
  text = text:gsub("\226[\128-\130][\128-\191]", " ") -- typographic quotes and dashes
  for run in text:lower():gmatch(valid and "[%w\128-\255]+" or "%w+") do
    if run:find "^%d+$" then
      add(run)
    elseif run:find "[\227-\233]" then
      add_pairs(run, add)
    elseif #run >= 4 then
      add(valid and run:find "[\128-\255]" and run:sub(1, (utf8.offset(run, STEM + 1) or #run + 1) - 1)
        or run:sub(1, STEM))
    end
  end
end

---The terms of a text with the number of times each occurs.
---@param text string
---@param into? table<string, integer> counted into this one
---@return table<string, integer>
function M.count(text, into)
  into = into or {}
  M.each(text, function(term) into[term] = (into[term] or 0) + 1 end)
  return into
end

---The numbers of a text, without the marks inside them: "9,400" is 9400.
---@param text string
---@return string[]
function M.numbers(text)
  local list = {}
  for number in text:gmatch "%d[%d.,:]*" do list[#list + 1] = (number:gsub("[.,:]", "")) end
  return list
end

return M
