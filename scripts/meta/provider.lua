---@meta
-- What a file in providers/ gives and gets. A file of your own goes into the folder providers of your settings; it
-- runs in the jail, sends to no other address than the one you set for it in config.lua, and never sees a key.

---A file in providers/. Pure functions: no I/O, no clock.
---@class kalito.ProviderFile
---@field name string
---@field describe string
---@field defaults table its options; base_url among them, and what it has of: optional (fields of `body` that are left
---out when a model refuses them), renamed (what of these is called otherwise by models that say so), sets_context
---(a request tells the server how much to hold: settings.context)
---@field env? table<string, string> shipped files: the variables that set an option, `key` or `token`
---@field request fun(messages: table[], settings: kalito.ProviderSettings): kalito.ProviderRequest
---@field parse fun(event: kalito.Event, state: table): kalito.Delta[]?, table? nil: not understood; the new state
---@field models? fun(settings: kalito.ProviderSettings): kalito.ProviderRequest
---@field parse_models? fun(body: table): { name: string, context: integer? }[]
---@field embed? fun(texts: string[], settings: kalito.ProviderSettings): kalito.ProviderRequest
---@field context? fun(settings: kalito.ProviderSettings, attempt: integer): kalito.ProviderRequest|integer|nil
---where its server says how much the model holds, or that number; called with the next attempt, up to 4, until nil
---@field parse_context? fun(body: table, settings: kalito.ProviderSettings): integer?
---@field parse_embeddings? fun(body: table): { vectors: number[][], prompt_tokens: integer? }

---@class kalito.ProviderSettings the persona's temperature, topP, maxTokens, stopSequences, repeatPenalty, and:
---@field model string
---@field base_url string without a slash at the end
---@field context? integer tokens that the server is to hold, prompt and answer together
---@field has table<string, boolean> which of key and token there are; in a header {{key}} stands for it
---@field options table

---@class kalito.ProviderRequest
---@field url string below base_url
---@field headers? table<string, string>
---@field body? table sent as JSON
---@field stream? "ndjson"|"sse" how the answer is split into events

---One event of an answer that comes in pieces: a line of JSON, or a server-sent event.
---@class kalito.Event
---@field text string what came
---@field data? any decoded from it, without nulls; absent: it is not JSON
---@field event? string name of a server-sent event

---@class kalito.Delta any of these
---@field text? string
---@field thinking? boolean the model thinks before it answers
---@field usage? { prompt_tokens: integer?, completion_tokens: integer? }
---@field done? boolean the answer is whole, `reason` says why
---@field reason? string "stop", "length", "refused" by the model, "filtered" by the provider, or its own word
---@field last? boolean nothing more is worth reading
---@field error? any what the server says is wrong
