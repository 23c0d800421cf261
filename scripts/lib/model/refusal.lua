-- refusal.lua: requests that a model refuses because of a setting: newer ones take no temperature, some servers do not
-- know every field. What the server names, of what can be done without, is left out or called as it wants it, and the
-- request sent again.

local failure = require "kalito.model.failure"
local servers = require "kalito.model.server"

local M = {}

-- The field that is refused, and its new name when the server says that.
local function refused(server, body, answer)
  if not answer or answer.status ~= 400 and answer.status ~= 422 then return nil end
  local said = failure.told(answer.body or "")
  for _, field in ipairs(server.options.optional) do
    if body[field] ~= nil and said:find("%f[%w_]" .. field .. "%f[^%w_]") then
      local name = server.options.renamed[field]
      return field, type(name) == "string" and said:find(name, 1, true) and name or false
    end
  end
  return nil
end

-- Without what the model has refused before.
local function adapt(body, refused_before)
  for field, name in pairs(refused_before) do
    if name and body[field] ~= nil then body[name] = body[field] end
    body[field] = nil
  end
end

---Sends a request to a model, with what config.lua adds to it and without what the model has refused before.
---@param target kalito.Target
---@param request kalito.ProviderRequest
---@param on_chunk fun(piece: string): boolean?
---@param extra? table more settings for kalito.http
---@return kalito.HttpResponse? response, string? message, string? code
function M.send(target, request, on_chunk, extra)
  local body = type(request.body) == "table" and request.body or {}
  for field, value in pairs(target.server.options.body) do body[field] = value end
  target.refused = target.refused or {}
  while true do
    adapt(body, target.refused)
    local response, message, code, answer = servers.send(target.server, request, on_chunk, extra)
    local field, name
    if not response then field, name = refused(target.server, body, answer) end
    if not field then return response, message, code end
    target.refused[field] = name
  end
end

---The fields that a model has refused, ascending; nil when there are none.
---@param target kalito.Target
---@return string[]?
function M.left_out(target)
  local list = {}
  for field, name in pairs(target.refused or {}) do list[#list + 1] = not name and field or nil end
  table.sort(list)
  return list[1] and list or nil
end

return M
