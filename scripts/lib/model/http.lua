-- http.lua: requests to servers as the rest of kalito makes them: the module that is linked with libcurl is found
-- and loaded at the first one, failures that may pass are tried again, and all others told by failure.lua.

local kalito = package.loaded.kalito
local failure = require "kalito.model.failure"

local M = {}

---@class kalito.HttpSettings
---@field url string
---@field method? "GET"|"POST"
---@field headers? table<string, string>
---@field body? string
---@field connect_timeout? number seconds, 10
---@field stall_timeout? number seconds without a byte, 300
---@field answer_max? integer bytes, 16 MiB
---@field allow_http? boolean http to other machines than this one
---@field ca_file? string certificates to trust instead of the system's
---@field name? string who is asked, for messages
---@field key_name? string the variable the key comes from, for messages
---@field secrets? string[] what no message may hold
---@field retries? integer 2
---@field on_wait? fun(seconds: number) told before it waits to try again
---@field random? fun(): number jitter, 0..1; for tests
---@field wait? fun(seconds: number) for tests
---@field now? fun(): integer seconds since 1970; for tests

---@class kalito.HttpResponse
---@field status integer
---@field headers table<string, string> names in lower case
---@field body? string absent when it was streamed

-- ---- the module ----

-- Never the working directory, which package.cpath ends with: a stranger may have put a file there.
local function places()
  local list = {}
  local program = kalito.system.realpath "/proc/self/exe"
  local folder = program and program:match "^(.*)/"
  if folder then list[1] = folder .. "/lua/kalito_http.so" end
  for template in package.cpath:gmatch "[^;]+" do
    local path = template:gsub("%?", "kalito_http")
    local below = path:match "^/usr/local(/lib.*)" or path:match "^/usr(/lib.*)"
    if folder and below then table.insert(list, 2, folder .. "/.." .. below) end
    if path:sub(1, 1) == "/" then list[#list + 1] = path end
  end
  return list
end

local module

---The module kalito_http.
---@return table? module, string? message, string? code
function M.module()
  if module then return module end
  for _, path in ipairs(places()) do
    local found = kalito.system.stat(path)
    if found and found.kind == "file" then
      local open, message = package.loadlib(path, "luaopen_kalito_http")
      if not open then return nil, message, "http" end
      local result = open()
      if result._VERSION ~= kalito._VERSION then return nil, path .. " is of another version of kalito", "http" end
      module = result
      return module
    end
  end
  return nil, "the module kalito_http is not installed: requests to model servers need it", "http"
end

-- ---- trying again ----

local function seconds_of(date)
  local day, name, year, hour, min, sec = date:match "(%d+) (%a%a%a) (%d+) (%d+):(%d+):(%d+)"
  local at = name and ("JanFebMarAprMayJunJulAugSepOctNovDec"):find(name, 1, true)
  if not at or at % 3 ~= 1 then return nil end
  local ok, seconds = pcall(os.time, { day = day, month = at // 3 + 1, year = year, hour = hour, min = min, sec = sec,
    isdst = false })
  return ok and seconds or nil
end

---How long the server asks to wait, in seconds: retry-after-ms, else Retry-After in seconds or as a date.
---@param headers table<string, string>
---@param now integer seconds since 1970, when the answer has no date of its own
---@return number?
function M.retry_after(headers, now)
  local ms = tonumber(headers["retry-after-ms"])
  local after = headers["retry-after"]
  local seconds = ms and ms / 1000 or tonumber(after)
  if not seconds and after and seconds_of(after) then
    -- Both are read as local times: the difference is right in every zone.
    local today = headers.date and seconds_of(headers.date) or seconds_of(os.date("!%d %b %Y %H:%M:%S", now))
    seconds = today and seconds_of(after) - today
  end
  return seconds and seconds == seconds and math.max(seconds, 0) or nil
end

local function now(settings)
  return (settings.now or os.time)()
end

-- Seconds until the next attempt; nil: there is none.
local function pause(response, transient, attempt, settings)
  local status, headers = response and response.status, response and response.headers or {}
  local should = headers["x-should-retry"]
  if response and should ~= "true" then
    local passing = status == 408 or status == 409 or status == 429 or status >= 500
    if should == "false" or not passing then return nil end
  elseif not response and not transient then
    return nil
  end
  local after = M.retry_after(headers, now(settings))
  if after then return after <= 60 and after or nil end
  return math.min(0.5 * 2 ^ attempt, 8) * (1 - 0.25 * (settings.random or math.random)())
end

-- What goes to the module.
local wire = {
  "url", "method", "headers", "body", "connect_timeout", "stall_timeout", "answer_max", "allow_http", "ca_file",
}

---Sends a request until there is an answer with status 2xx or no use in going on.
---@param settings kalito.HttpSettings
---@param on_chunk? fun(piece: string): boolean? gets the body in pieces; false stops. After its first piece nothing is
---tried again. Its errors, and Ctrl-C as the error "interrupted", come out of this function.
---@return kalito.HttpResponse? response, string? message, string? code, kalito.HttpResponse? refused
function M.request(settings, on_chunk)
  local http, problem, kind = M.module()
  if not http then return nil, problem, kind end
  local sent, started = {}, false
  for _, key in ipairs(wire) do sent[key] = settings[key] end
  local function chunk(piece)
    started = true
    return on_chunk(piece)
  end
  for attempt = 0, settings.retries or 2 do
    local response, message, code, transient = http.request(sent, on_chunk and chunk)
    if response and response.status >= 200 and response.status < 300 then return response end
    local more = attempt < (settings.retries or 2) and not started
    local seconds = more and pause(response, transient, attempt, settings)
    if not seconds then
      local after = response and M.retry_after(response.headers, now(settings))
      return nil, failure.describe(response, message, code, transient, after, settings), code or "http", response
    end
    if settings.on_wait then settings.on_wait(seconds) end
    (settings.wait or http.wait)(seconds)
  end
end

return M
