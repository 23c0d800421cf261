-- refusal.lua: requests that a model refuses because of a setting: newer ones take no temperature, some servers do not
-- know every field. What the server names, of what can be done without, is left out, and the request sent again.

local failure = require "kalito.model.failure"
local servers = require "kalito.model.server"

local M = {}

-- The field that is refused.
local function refused(server, body, answer)
  if not answer or answer.status ~= 400 and answer.status ~= 422 then return nil end
  local said = failure.told(answer.body or "")
  for _, field in ipairs(server.options.optional) do
    if body[field] ~= nil and said:find("%f[%w_]" .. field .. "%f[^%w_]") then return field end
  end
  return nil
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
    for field in pairs(target.refused) do body[field] = nil end
    local response, message, code, answer = servers.send(target.server, request, on_chunk, extra)
    local field = not response and refused(target.server, body, answer)
    if not field then return response, message, code end
    target.refused[field] = true
  end
end

---The fields that a model has refused, ascending; nil when there are none.
---@param target kalito.Target
---@return string[]?
function M.left_out(target)
  local list = {}
  for field in pairs(target.refused or {}) do list[#list + 1] = field end
  table.sort(list)
  return list[1] and list or nil
end

return M
