---@meta

---Conversation memory for AI chat: `local kalito = require "kalito"` in Lua 5.4, a global inside the program.
---@class kalito
---@field _VERSION string
---@field installed string the folder of the installed scripts
kalito = {}

---Opens a database. Without `create` it must be there.
---@param path string a file name, or ":memory:"
---@param options? { create?: boolean, read_only?: boolean, busy_ms?: integer, progress?: boolean,
---redact?: kalito.Detector[], redact_words?: string[] } busy_ms: how long to wait for another writer, default 5000;
---progress: show on standard error how far a long indexing is; redact: detectors that are on beside those of the file;
---redact_words: never stored or sent, default `redact` of the settings
---@return kalito.Store? db, string? message, string? code
function kalito.open(path, options) end

---A session run by the policies: messages are scored as they come, contexts are planned.
---@param db kalito.Store
---@param session string id
---@return kalito.Conversation
function kalito.conversation(db, session) end

---Explains one item of a context: which part, in or out and why, score with its reasons, tokens. It prints as lines.
---@param context kalito.Context
---@param id string|integer of the row, or the beginning of it; or the name of a part, such as "persona"
---@return kalito.Item? item, string? message, string? code
function kalito.explain(context, id) end

---Compares two scoring rules over a session and changes nothing: the distribution of scores before and after, and the
---ten largest changes with their reasons. It prints as a report.
---@param options kalito.TryOptions
---@return kalito.TryResult? result, string? message, string? code
function kalito.try(options) end

---@class kalito.TryOptions
---@field score fun(message: kalito.Message, ctx: kalito.PolicyContext): number, table? the new rule
---@field session string id, beginning of an id, or name
---@field against? "stored"|function the rule before: the scores as stored, or a function; default the rule in use
---@field db? kalito.Store default the global `db`

---@class kalito.TryResult
---@field session string
---@field messages integer
---@field changed integer
---@field before integer[] how many scores lie in each tenth
---@field after integer[]
---@field largest { id: integer, old: number, new: number, reasons: table, text: string }[]

---Reads the settings and loads the policies in use anew. One that does not load is reported, and the one that was in
---use stays.
---@return boolean fine all of them were loaded
function kalito.reload() end

---The fields of a noun, in the order of its rows.
---@param noun "session"|"message"|"persona"|"summary"|"pin"|"turn"|"model"|"card"
---@return { name: string, type: string, settable: boolean }[]
function kalito.fields(noun) end

---A text as a time in the store's form.
---@param text string "2025-03-01", "2025-03-01 09:30:00", "2025-03-01T09:30:00+02:00" ...
---@return string? time nil when it is none
function kalito.time(text) end

---16 hexadecimal digits that name a content; not for secrets.
---@param text string
---@return string
function kalito.hash(text) end

---The word of a list that is nearest to a mistyped one.
---@param word string
---@param list string[]
---@return string?
function kalito.nearest(word, list) end

---The source of a shipped file.
---@param name string "policies/score"
---@return string?
function kalito.embedded(name) end

---What names that source, as kalito.hash gives it.
---@param name string "policies/score"
---@return string?
function kalito.embedded_hash(name) end

---A shipped file as a function.
---@param name string "policies/score"
---@param globals table what it sees as globals
---@return function? chunk
function kalito.embedded_load(name, globals) end

---The names of all shipped files, ascending.
---@return string[]
function kalito.embedded_names() end

-- ---- files ----

---One line about a file, and the command that mends it.
---@class kalito.Remark
---@field what string
---@field mend? string
---@field wrong boolean false: good to know

---Brings a file up to date, as opening it does, and tells the steps.
---@param path string
---@param options? { dry_run?: boolean, progress?: boolean } dry_run: only tell what would be done; progress: as in open
---@return kalito.Remark[]? steps none: it is up to date
---@return string? message, string? code
function kalito.migrate(path, options) end

---Makes the database at `path` what a backup is, in one transaction; what was there is kept beside it.
---@param what { path: string, backup: string, other?: boolean } other: also a backup of another database
---@return kalito.Backup? kept, string? message, string? code
function kalito.restore(what) end

---Makes a new database of what can still be read of a damaged file, which is only read.
---@param bad string
---@param good string a new file
---@return kalito.Remark[]? remarks what was saved, and what is missing, string? message, string? code
function kalito.recover(bad, good) end

---Backups on the disk.
---@class kalito.backup
kalito.backup = {}

---What a backup holds, without verifying it.
---@param path string
---@return kalito.Backup? found, string? message, string? code
function kalito.backup.get(path) end

---The same after reading all of it.
---@param path string
---@return kalito.Backup? found, string? message, string? code
function kalito.backup.verify(path) end

-- ---- JSON ----

---JSON with 64-bit integers.
---@class kalito.json
---@field null lightuserdata stands for null; in `set` of a noun it empties a field
kalito.json = {}

---The value of a JSON text.
---@param text string
---@return any value, string? message, string? code nil, message, code when it is no JSON
function kalito.json.decode(text) end

---Raises for values that JSON does not have.
---@param value any
---@param indent? integer 0..8, default 0: one line
---@return string
function kalito.json.encode(value, indent) end

---Marks a table as an array, so that an empty one is [] and not {}.
---@param list? table
---@return table list
function kalito.json.array(list) end

-- ---- binary data ----

---Check sums and base64.
---@class kalito.binary
kalito.binary = {}

---The check sum of PNG and zip, of a text or a part of it.
---@param s string
---@param from? integer byte, default 1
---@param to? integer byte, included, default the last one
---@return integer
function kalito.binary.crc32(s, from, to) end

---The bytes in base64.
---@param s string
---@return string text with padding, without line ends
function kalito.binary.encode64(s) end

---Strict: the standard alphabet with its padding, no blanks.
---@param text string
---@return string? bytes, string? message, string? code nil, message, "base64"
function kalito.binary.decode64(text) end

---Unpacks what zlib has packed (RFC 1950).
---@param s string
---@param from integer first byte of the packed part
---@param to integer its last byte
---@param limit integer bytes that the result may have, 0 to 2^31 - 2
---@return string? bytes
---@return string? message
---@return "zlib"? code
function kalito.binary.inflate(s, from, to, limit) end

-- ---- system ----

---The little of the operating system that Lua lacks. Failures are nil, message, `not_found` or `io`.
---@class kalito.system
kalito.system = {}

---Makes a folder and those above it, for the user alone.
---@param path string
---@return true? ok, string? message, string? code
function kalito.system.mkdir(path) end

---What is at a path: kind, size, rights, time of the last change.
---@param path string
---@return { kind: "file"|"folder"|"other", size: integer, mode: integer, modified: integer }? info
---@return string? message, string? code
function kalito.system.stat(path) end

---The names in a folder, in no order.
---@param path string
---@return string[]? names, string? message, string? code
function kalito.system.list(path) end

---The path without links and dots.
---@param path string
---@return string? path, string? message, string? code
function kalito.system.realpath(path) end

---Is a stream of the program a terminal?
---@param stream? "stdin"|"stdout"|"stderr" default "stdout"
---@return boolean
function kalito.system.isatty(stream) end

---The width of the terminal, 80 when there is none.
---@return integer
function kalito.system.columns() end

---Cells that a text takes on a terminal.
---@param text string
---@return integer
function kalito.system.width(text) end

---Seconds of a clock that never goes back.
---@return number
function kalito.system.clock() end

---Waits until a file or folder is on the disk.
---@param path string
---@return true? ok, string? message, string? code
function kalito.system.sync(path) end

---How many bytes are free on the disk of a folder.
---@param path string
---@return integer? bytes that are free on its disk
---@return string? message, string? code
function kalito.system.space(path) end

---Starts a program in the background, without a terminal.
---@param words string[] the path of the program, and its arguments
---@return integer? process, string? message, string? code
function kalito.system.spawn(words) end

---Asks how a process is that `spawn` started.
---@param process integer
---@return integer|false|nil status when it has ended (128 and more: by a signal); false while it runs
---@return string? message, string? code
function kalito.system.ended(process) end

-- ---- terminal ----

---One line from a terminal, edited. Needs a locale with UTF-8.
---@class kalito.term
kalito.term = {}

---Reads a line. The completer gets the text before the cursor and gives what to insert, how many characters before the
---cursor to take away first, and lines to show.
---@param prompt string
---@param complete? fun(before: string): string?, integer?, string?
---@param pasting? boolean what is pasted may have several lines: the line then does too
---@return string? line nil at the end of the input (Ctrl-D)
---@return "interrupted"? interrupted at Ctrl-C
function kalito.term.readline(prompt, complete, pasting) end

---What the arrow keys go through, oldest first; the last thousand count.
---@param lines string[]
function kalito.term.history(lines) end

---Adds to a file that only the user may read, and makes it.
---@param path string
---@param text string
---@return true? ok, string? message, string? code
function kalito.term.append(path, text) end

---Calls a function as `xpcall` does. A Ctrl-C that ended it is answered with that: the next one is a first one, which
---interrupts and does not end the program.
---@param f function
---@param handler function
---@return boolean ok
---@return any ... results, or what the handler gave
function kalito.term.guard(f, handler) end

-- ---- the jail ----

---Where policy files run that are not shipped: a process that holds nothing. `kalito.policy` uses it.
---@class kalito.jail
kalito.jail = {}

---Starts a worker and loads a policy in it.
---@param settings { source: string, name?: string, options?: table, unisolated?: boolean }
---@return kalito.Worker? worker, string? message, string? code `policy`, `limit`, `isolation`, `quarantined` ...
function kalito.jail.open(settings) end

---What protects on this machine: seccomp, no_new_privs, rlimits, isolated, concat_fault, lua; message when no worker
---starts.
---@return table
function kalito.jail.status() end

---A policy in its worker.
---@class kalito.Worker
local worker = {}

---What the policy says of itself: name, describe, defaults, functions, tests, confined, and the worker's process.
---@return table
function worker:info() end

---Calls a function of the policy.
---@param name string
---@param ... any
---@return any ... its results; nil, message, code when it failed
function worker:call(name, ...) end

---Calls a function once for each list of arguments, in one frame.
---@param name string
---@param list any[][]
---@return any[][] results each as of `call`, with `n`
function worker:batch(name, list) end

---Ends the worker. Harmless twice.
function worker:close() end

-- ---- conversations ----

---A session run by the policies: what `kalito.conversation` gives.
---@class kalito.Conversation
---@field db kalito.Store
---@field id string of the session
local conversation = {}

---Adds a message, scored by the policy unless `fields` has a score; what the policy finds worth it is pinned. A row
---means that it is on the disk.
---@param role "user"|"assistant"|"system"|"tool"
---@param text string
---@param fields? kalito.Message other fields of the row
---@return kalito.Message? row, string? message, string? code
function conversation:add(role, text, fields) end

---Says something to the model and gets its answer. The message is on the disk before anything is sent, and stays when
---something fails: `retry` asks again. An answer that was broken off is stored as far as it came, and marked.
---@param text string
---@param options? kalito.AskOptions
---@return kalito.Answer? answer, string? message, string? code `budget`, `http`, `interrupted`, `refused` by a persona
function conversation:ask(text, options) end

---Asks again for the answer to the user's last message. The answer that is there goes when the new one is stored.
---@param options? kalito.AskOptions
---@return kalito.Answer? answer, string? message, string? code
function conversation:retry(options) end

---Changes the text of the user's last message. The answer to it stays until `retry`.
---@param text string
---@return kalito.Message? row, string? message, string? code
function conversation:edit_last(text) end

---Changes the text of a message: it is scored anew, and importance follows the edit.
---@param id integer
---@param text string
---@return kalito.Message? row, string? message, string? code
function conversation:edit(id, text) end

---Removes the latest exchange: the user's last message, what follows it, and the automatic pins made of them.
---@return kalito.Message[]? removed, string? message, string? code
function conversation:undo() end

---Says whether a message was of use: its importance follows.
---@param direction "up"|"down"
---@param id? integer default the last answer
---@return kalito.Message? row, string? message, string? code
function conversation:rate(direction, id) end

---Pins a text, or the message of that id, which becomes more important.
---@param content string|integer
---@param fields? kalito.Pin other fields of the row
---@return kalito.Pin? row, string? message, string? code
function conversation:pin(content, fields) end

---Builds the context of the next model call by the plan of the policy.
---@param options kalito.ContextRequest without `session`; `message`, a stored one, is recalled for like `text`
---@return kalito.Context? context, string? message, string? code
function conversation:context(options) end

---Finds what the history says about a query, as `db.recall.find` does, and lets the policy have its say.
---@param query string
---@param options? { limit?: integer, scope?: "all"|"session", without?: integer }
---@return kalito.Hit[]? hits, string? message, string? code
function conversation:recall(query, options) end

---The system prompt: the persona's own, with its placeholders filled in, or what its file says.
---@param id? string of another persona than the session's
---@param now? string time for {{date}}
---@return string?
function conversation:prompt(id, now) end

---Summarises what is due, or a range, and archives it. Nothing is deleted.
---@param options? kalito.SummarizeOptions
---@return kalito.Summary? row, string? message, string? code nil alone: nothing is due; `exists`: another process was
---first. With a row, `message` says why the model's text was not taken
function conversation:summarize(options) end

---Does all that is due: summaries, summaries of summaries when there are more than a context shows, and the title of
---the session when the policy wants a model's.
---@param options? kalito.SummarizeOptions
---@return { made: kalito.Summary[], merged: kalito.Summary[], notes: string[], title?: string }? done, string? message,
---string? code
function conversation:maintain(options) end

---What was sent for a turn, and whether the same would be sent now.
---@param turn? integer default the latest
---@return kalito.Why? report, string? message, string? code
function conversation:why(turn) end

---The figures of the session: those of `db.stats.get`, the context's fill, the range that is due, and what is known of
---the model: its name, the ratio of its tokens to the estimate, and whether that is used.
---@param options? { budget?: integer, model?: string }
---@return table? figures, string? message, string? code
function conversation:stats(options) end

---How to ask a model.
---@class kalito.AskOptions
---@field model? string "provider:name", or the name alone; default the session's, the persona's, the settings'
---@field budget? integer tokens of what is sent, in the model's own count; default that of the settings, or what the
---model's context leaves beside the answer (16000 at most, unless config.lua sets it), or 4000 when nobody knows it
---@field on_delta? fun(text: string): boolean? gets the answer in pieces; false stops it
---@field on_wait? fun(seconds: number) told before it waits to try again, as the server asks
---@field on_thinking? fun() told, often, while the model thinks before it answers
---@field persona? string id of another persona than the session's
---@field query? string what to recall; default the message
---@field settings? table temperature, topP, maxTokens, stopSequences, repeatPenalty: before those of the persona
---@field fields? kalito.Message other fields of the user's message
---@field config? table providers, instead of config.lua

---What came of asking.
---@class kalito.Answer
---@field text string
---@field message kalito.Message the user's
---@field reply kalito.Message the stored answer
---@field turn integer id of the trace
---@field context kalito.Context what was sent
---@field model string "provider:name"
---@field reason string why it ended: "stop", "length" ...
---@field partial? "interrupted"|"stopped"|"unfinished" it is not whole
---@field usage { prompt_tokens: integer?, completion_tokens: integer? }
---@field timings { first: number?, total: number } seconds
---@field left_out? string[] fields of the request that the model has refused: it was asked without them

---How to summarise.
---@class kalito.SummarizeOptions
---@field range? { first?: integer, last: integer } ids; it begins with the first live message
---@field model? string|false default the session's; false: none
---@field budget? integer tokens of the model's context; default what is known of it, or what the latest turn used
---@field on_delta? fun(text: string): boolean?
---@field on_step? fun(row: kalito.Summary) for `maintain`: told each summary
---@field config? table providers, instead of config.lua

---Why a turn was as it was.
---@class kalito.Why
---@field turn kalito.Turn
---@field details table items, recalled, settings, policies, timings, what the persona did
---@field equal boolean the same would be sent now
---@field changes { part: string, id: string?, what: string }[] since the turn

return kalito
