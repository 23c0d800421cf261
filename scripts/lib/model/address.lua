-- address.lua: addresses of servers, from what people write in variables and settings.

local M = {}

local function split(text)
  local scheme, rest = text:match "^(%a[%w+.-]*)://(.*)$"
  local authority, path = (rest or text):match "^([^/]*)(.*)$"
  local user, place = authority:match "^(.*@)(.*)$"
  place = place or authority
  local host, port = place:match "^(.-):(%d+)$"
  if not host or host:find ":" and not host:find "^%[.*%]$" then host, port = place, nil end
  if host:find ":" and not host:find "^%[" then host = "[" .. host .. "]" end
  return { scheme = scheme, user = user or "", host = host, port = port, path = path:gsub("/+$", "") }
end

local here = { ["localhost"] = true, ["127.0.0.1"] = true, ["[::1]"] = true }
local anywhere = { ["0.0.0.0"] = "127.0.0.1", ["[::]"] = "[::1]" }

---An address as people write it (host, host:port, :port, a URL) as a URL; what is missing is taken from `default`. What
---a server calls "every interface" is this machine for its clients.
---@param text string
---@param default string a URL
---@return string
function M.complete(text, default)
  local given, other = split(text:match "^[%s\"']*(.-)[%s\"']*$"), split(default)
  local host = given.host ~= "" and given.host or other.host
  host = anywhere[host] or host
  local scheme = given.scheme or here[host] and "http" or other.scheme
  local port = given.port or not given.scheme and other.port
  return scheme .. "://" .. given.user .. host .. (port and ":" .. port or "") .. given.path
end

---Is the URL one of this machine?
---@param url string
---@return boolean
function M.is_here(url)
  return here[split(url).host] or false
end

return M
