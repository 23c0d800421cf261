-- What a persona does when its file defines no function of its own: the prompt of its row, with the placeholders
-- filled in. Owns the placeholders and nothing else; pure Lua without `require`, so that it can be loaded anywhere.

local M = {}

---The table that a file in personas/ returns. Everything but `describe` and the functions is a column of the personas
---table under the same name; an absent column is stored as NULL, that is, "as the model server has it".
---@class kalito.PersonaFile
---@field id string fixed UUID, so that a second `init` finds the row again
---@field name string
---@field prompt string may contain placeholders, see `expand`
---@field describe string one line for `kalito script list`
---@field description? string
---@field icon? string
---@field category? string
---@field default_model? string
---@field suggested_models? string[] `provider:model`, stored as a JSON array
---@field temperature? number 0..2
---@field topP? number 0..1
---@field maxTokens? integer
---@field repeatPenalty? number
---@field stopSequences? string[]
---@field is_default? boolean at most one per category
---@field system? fun(persona: table, ctx: kalito.PersonaContext): string
---@field before? fun(turn: table, ctx: kalito.PersonaContext): table
---@field after? fun(reply: string, ctx: kalito.PersonaContext): string
---@field score? fun(message: kalito.Message, ctx: kalito.PolicyContext): number, kalito.Reasons? in the place of the
---policy's in the persona's sessions, as are the next three; options are those of the shipped policy
---@field update? fun(message: kalito.Message, event: string, ctx: kalito.PolicyContext): number, kalito.Reasons?
---@field suggest? fun(message: kalito.Message, ctx: kalito.PolicyContext): kalito.Suggestion[]
---@field plan? fun(ctx: kalito.PolicyContext): kalito.Plan

---@class kalito.PersonaContext
---@field user? string name of the person who writes
---@field now? string ISO-8601 UTC

local values = {
  user = function(_, ctx) return ctx.user or "the user" end,
  char = function(persona) return persona.name end,
  date = function(_, ctx) return ctx.now and ctx.now:sub(1, 10) end,
}

---Fills in {{user}}, {{char}} and {{date}}, in any case and with blanks inside the braces. One pass: a value that looks
---like a placeholder stays as it is, and so does a placeholder that is unknown or has no value.
---@param text string
---@param persona table a persona row or file; `name` is read
---@param ctx? kalito.PersonaContext
---@return string
function M.expand(text, persona, ctx)
  ctx = ctx or {}
  local expanded = text:gsub("{{%s*(%a+)%s*}}", function(key)
    local value = values[key:lower()]
    return value and value(persona, ctx)
  end)
  return expanded
end

---The system prompt of a persona without a `system` function.
---@param persona table a persona row or file
---@param ctx? kalito.PersonaContext
---@return string
function M.system(persona, ctx)
  return M.expand(persona.prompt, persona, ctx)
end

local columns = {
  "id", "name", "prompt", "description", "icon", "category", "default_model", "temperature", "topP", "maxTokens",
  "repeatPenalty", "is_default",
}

---The row of a persona file.
---@param file kalito.PersonaFile
---@return table
function M.row(file)
  local row, json = {}, package.loaded.kalito.json
  for _, name in ipairs(columns) do row[name] = file[name] end
  row.suggested_models = file.suggested_models and json.encode(file.suggested_models)
  row.stopSequences = file.stopSequences and json.encode(file.stopSequences)
  return row
end

return M
