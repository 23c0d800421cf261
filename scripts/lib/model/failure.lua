-- failure.lua: what went wrong with a request, told in one line that says what to do and holds no key.

local kalito = package.loaded.kalito

local M = {}

local patterns = {
  { "[Bb]earer%s+[^%s\"',;]+", "Bearer [key]" },
  { "%f[%w]sk%-" .. ("[%w_%*%.%-]"):rep(8) .. "[%w_%*%.%-]*", "[key]" },
  { "://[^/@%s]*@", "://[key]@" },
}

---The text without the secrets, and without what looks like one.
---@param text string
---@param secrets? string[]
---@return string
function M.redact(text, secrets)
  for _, secret in ipairs(secrets or {}) do
    if #secret >= 4 then text = text:gsub(secret:gsub("%p", "%%%0"), "[key]") end
  end
  for _, rule in ipairs(patterns) do text = text:gsub(rule[1], rule[2]) end
  return text
end

-- One line that a terminal shows and does nothing else with.
local function line(text, secrets)
  text = M.redact(text, secrets):gsub("%c+", " "):gsub("\xC2[\x80-\x9F]", " ")
  text = text:gsub("\xE2\x80[\xAA-\xAE]", ""):gsub("\xE2\x81[\xA6-\xA9]", ""):gsub("%s+", " ")
  if #text > 300 then text = text:sub(1, 300):gsub("[\xC0-\xFF][\x80-\xBF]*$", "") .. "..." end
  if not kalito.text.valid(text) then text = text:gsub("[\x80-\xFF]", "?") end
  return (text:gsub("^ ", ""):gsub("[ .]+$", ""))
end

local function message_in(value, depth)
  if type(value) == "string" then return value end
  if type(value) ~= "table" or depth > 4 then return nil end
  for _, key in ipairs { "error", "message", "detail", "msg", 1 } do
    local found = message_in(value[key], depth + 1)
    if found and found ~= "" then return found end
  end
  return nil
end

---What a server says is wrong, as one line without secrets.
---@param said any the body of an answer, or what was decoded from one
---@param secrets? string[]
---@return string
function M.told(said, secrets)
  if type(said) ~= "string" then return line(message_in(said, 0) or "an error without a message", secrets) end
  local text = message_in(kalito.json.decode(said), 0)
  return line(text or M.redact(said, secrets):sub(1, 4096):gsub("<[^>]*>", " "), secrets)
end

local statuses = {
  [400] = "Bad Request", [401] = "Unauthorized", [402] = "Payment Required", [403] = "Forbidden", [404] = "Not Found",
  [408] = "Request Timeout", [413] = "Too Large", [422] = "Unprocessable", [429] = "Too Many Requests",
  [500] = "Server Error", [502] = "Bad Gateway", [503] = "Unavailable", [504] = "Gateway Timeout", [529] = "Overloaded",
}

-- What servers say of a prompt that is longer than they can take; some of them with the status of a fault.
local TOO_LONG <const> = { "context length", "context size", "context window", "maximum context", "too long",
  "context_length_exceeded" }

local function is_too_long(said)
  for _, words in ipairs(TOO_LONG) do
    if said:lower():find(words, 1, true) then return true end
  end
  return false
end

local function advice(status, settings, after, said)
  local key = settings.key_name
  if status == 401 or status == 403 then return key and "check " .. key or "it wants a key" end
  if status == 404 then return "check the name of the model and the address" end
  if status == 413 or is_too_long(said) then return "send less: lower the budget" end
  if status == 429 and after then return ("try again in %d s"):format(math.ceil(after)) end
  if status == 429 then return "wait a while, or check the account's limits" end
  if status >= 500 or status == 408 then return "try again later" end
  return nil
end

-- What libcurl says when a connection was made and did not hold, and what can be done.
local BROKEN <const> = {
  { "certificate", "if you trust it, name it as ca_file in config.lua" },
  { "Recv failure", "ask again" }, { "transfer closed", "ask again" }, { "Empty reply", "ask again" },
  { "too slow", "ask again, or set a longer stall_timeout in config.lua" },
}

local function advice_without_answer(message, code, transient)
  if code == "refused" then return "use https, or set allow_http = true for it in config.lua" end
  for _, row in ipairs(code == "http" and BROKEN or {}) do
    if message:find(row[1], 1, true) then return row[2] end
  end
  return transient and "is the server running, and is its address right?" or nil
end

---A request that failed, as one line: who, what, and what to do about it.
---@param response? kalito.HttpResponse
---@param message? string why there is no response
---@param code? string
---@param transient? boolean there was no connection
---@param after? number seconds the server asks to wait
---@param settings kalito.HttpSettings
---@return string
function M.describe(response, message, code, transient, after, settings)
  local text, hint = message
  if response then
    local said = M.told(response.body or "", settings.secrets)
    text = response.status .. (statuses[response.status] and " " .. statuses[response.status] or "")
    if said ~= "" then text = text .. ": " .. said end
    hint = advice(response.status, settings, after, said)
  else
    hint = advice_without_answer(message or "", code, transient)
  end
  text = line(text, settings.secrets) .. (hint and ": " .. hint or "")
  return settings.name and settings.name .. ": " .. text or text
end

return M
