---@meta

---An open database: what `kalito.open` gives, and the global `db` of the prompt. A row is a plain table; only the
---handle is userdata. A bad argument raises, and so does a lack of memory, as everywhere in Lua; anything else that
---fails gives nil, a message and a code: `not_found`, `exists`, `busy`, `budget`, `readonly`, `full`, `io`, `corrupt`,
---`not_kalito`, `too_new`, `interrupted`, `refused`.
---It is closed by `close`, by `local db <close>`, or when it is collected.
---@class kalito.Store
local db = {}

---Closes the database; an open transaction is rolled back. Harmless twice.
function db.close() end

---Begins a transaction: what follows is on the disk when `commit` says so. Not nestable.
---@return true? ok, string? message, string? code
function db.begin() end

---Begins a transaction for reading: everything until `commit` or `rollback` sees one state of the file.
---@return true? ok, string? message, string? code
function db.begin_read() end

---Ends the transaction: everything in it is on the disk, or nothing.
---@return true? ok, string? message, string? code
function db.commit() end

---Drops what was done since `begin`; harmless without one.
function db.rollback() end

---The time by the clock of the store.
---@return string time ISO-8601 UTC with milliseconds
function db.now() end

---What the file is and holds.
---@return kalito.StoreInfo? info, string? message, string? code
function db.stat() end

---The schema that opening it migrated from, 0 for a file of the original; nil when it was up to date.
---@return integer?
function db.migrated() end

---What in the file is not kalito's own: it is left alone, and not exported.
---@return { kind: string, name: string }[]? list, string? message, string? code
function db.foreign() end

---Copies the database as it is at this moment, while others may go on writing; verified, durable, then named.
---@param target string a folder, or a new file
---@return kalito.Backup? made, string? message, string? code
function db.backup(target) end

---Is everything as it should be? `wrong` of the list is 0 when it is. Changes nothing.
---@param level? "quick"|"rows"|"full" structure only; every row (default); indexes, and the search index, too
---@return kalito.Remark[]? remarks with `wrong` and `count`, string? message, string? code
function db.check(level) end

---Merges the search index, writes back the log, packs the file when that pays. rebuild: makes anew what can be derived;
---reindex: the indexes; values: puts numbers that are out of their range right.
---@param what? { rebuild?: boolean, importance_index?: boolean, reindex?: boolean, values?: boolean }
---@return kalito.Remark[]? remarks what was gained, string? message, string? code
function db.optimize(what) end

---Sets the journal for good.
---@param mode "wal"|"delete"
---@return true? ok, string? message, string? code
function db.journal(mode) end

---Reads with raw SQL, on a connection of its own that can change nothing: it sees what is committed.
---@param text string one statement: SELECT, EXPLAIN, or a PRAGMA that tells something
---@param parameters? table a list for ?, or names and values for :name
---@param options? { limit?: integer, ms?: integer } rows (default 100000) and milliseconds (default 10000) at most
---@return table[]? rows by the names of their columns
---@return string[]|string names of the columns in their order, or message
---@return string? code
function db.sql(text, parameters, options) end

---@class kalito.Backup
---@field path string
---@field store_id? string of the database it was made from
---@field created_at? string
---@field schema_version integer
---@field size integer bytes
---@field sessions integer
---@field messages integer
---@field personas integer
---@field summaries integer
---@field pins integer
---@field orphans integer rows without their session: they were so before
---@field copy_ms integer
---@field verify_ms integer

---@class kalito.StoreInfo
---@field path string as opened
---@field journal_mode string
---@field read_only boolean
---@field schema_version integer
---@field file_size integer bytes
---@field wal_size integer bytes of the write-ahead log
---@field free_size integer bytes in the file that hold nothing
---@field migrated_from integer the schema that opening it migrated from, 0 for a file of the original; -1: up to date
---@field migration_backup? string the backup that was made before

-- ---- sessions ----

---A conversation. It owns its messages, summaries and pins.
---@class kalito.Session
---@field id? string minted as a UUID
---@field name? string need not be unique
---@field model? string the model last used
---@field recap? string one line about what it holds
---@field persona? string id of a persona; in `add` default: the default persona of category "general"
---@field created_at? string time; default now; cannot be set
---@field updated_at? string time of the last message or change
---@field saved? boolean default false: temporary, cleanup may remove it
---@field archived_at? string time; present: out of the recent list and of recall across sessions
---@field boundary_at? string with boundary_id: the last archived message; "" and 0: none
---@field boundary_id? integer
---@field message_count? integer kept by the core; cannot be set
---@field external_id? string the name at its source, unique; cannot be set

---Which sessions.
---@class kalito.SessionFilter
---@field persona? string id of the persona
---@field name? string exact name
---@field prefix? string ids that begin so
---@field since? string updated at or after this time
---@field before? string updated before this time
---@field scope? "all"|"live"|"archived" default "all"
---@field saved? boolean saved ones only, or temporary ones only
---@field order? "newest"|"oldest" default "newest", by updated_at
---@field limit? integer at most so many; 0 all

---Conversations: `db.session`.
---@class kalito.SessionVerbs
db.session = {}

---Makes a session; every field has a default.
---@param row? kalito.Session
---@return kalito.Session? row, string? message, string? code
function db.session.add(row) end

---The session with this id.
---@param id string
---@return kalito.Session? row, string? message, string? code
function db.session.get(id) end

---The session that an import named so.
---@param external_id string
---@return kalito.Session? row, string? message, string? code
function db.session.get_external(external_id) end

---What `forget` would find with this `like`: at most 1000 rows, and how many there are. kind: message, pin, summary,
---"undone summary", "rejected pin", turn; recap or name of a session.
---@param what { session?: string, like: string }
---@return { kind: string, id: string, session: string, text: string }[]? rows
---@return integer|string count, string? code
function db.session.holders(what) end

---Removes content for good: from rows, search index, free pages and log. Backups still hold it.
---@param what { session?: string, like?: string } an id; `like`: only the rows that hold this text, of all sessions
---@return integer? count of rows, string? message, string? code
function db.session.forget(what) end

---Changes the given fields of the session with `row.id`; `kalito.json.null` empties one.
---@param row kalito.Session
---@return true? ok, string? message, string? code
function db.session.set(row) end

---Deletes a session with all its messages, summaries and pins.
---@param id string
---@return true? ok, string? message, string? code
function db.session.del(id) end

---All sessions that the filter selects, as a list.
---@param filter? kalito.SessionFilter
---@return kalito.Session[]? rows, string? message, string? code
function db.session.find(filter) end

---The same one by one, in pages: `for row in db.session.each() do ... end`. Raises when reading fails.
---@param filter? kalito.SessionFilter
---@return fun(): kalito.Session?
function db.session.each(filter) end

---How many the filter selects.
---@param filter? kalito.SessionFilter `limit` and `order` aside
---@return integer? count, string? message, string? code
function db.session.count(filter) end

-- ---- messages ----

---A message.
---@class kalito.Message
---@field id? integer minted, ascending; given only by an import that keeps ids
---@field session? string id of its session; needed in `add`; cannot be set
---@field role? "user"|"assistant"|"system"|"tool" needed in `add`
---@field text? string 1 byte to 16 MiB of UTF-8; needed in `add`
---@field model? string the model that wrote it
---@field token_usage? integer 0 or more, as the model reported it
---@field importance_score? number 0..1, default 0.5; `conversation:add` asks the score policy
---@field created_at? string time; default now, later than every message of the session; cannot be set
---@field external_id? string unique within the session: adding it again fails with `exists`; cannot be set
---@field speaker? string who speaks, where the role does not tell
---@field score_reasons? string JSON: why the score is what it is

---Which messages.
---@class kalito.MessageFilter
---@field session? string id of their session
---@field role? string
---@field since? string written at or after this time
---@field before? string written before this time
---@field min_importance? number 0..1
---@field scope? "all"|"live"|"archived" default "all"; needs a session
---@field order? "oldest"|"newest"|"importance" default "oldest"
---@field limit? integer at most so many; 0 all

---Messages: `db.message`.
---@class kalito.MessageVerbs
db.message = {}

---Stores a message as it is given. `conversation:add` scores it first.
---@param row kalito.Message
---@return kalito.Message? row, string? message, string? code
function db.message.add(row) end

---The message with this id.
---@param id integer
---@return kalito.Message? row, string? message, string? code
function db.message.get(id) end

---The message of a session that has this external id.
---@param session string
---@param external_id string
---@return kalito.Message? row, string? message, string? code
function db.message.get_external(session, external_id) end

---Changes the given fields of the message with `row.id`; `kalito.json.null` empties one.
---@param row kalito.Message
---@return true? ok, string? message, string? code
function db.message.set(row) end

---Removes the message with this id.
---@param id integer
---@return true? ok, string? message, string? code
function db.message.del(id) end

---All messages that the filter selects, as a list.
---@param filter? kalito.MessageFilter
---@return kalito.Message[]? rows, string? message, string? code
function db.message.find(filter) end

---The same one by one, in pages: `for m in db.message.each { session = id } do ... end`. Rows that are added
---meanwhile are not visited. Raises when reading fails.
---@param filter? kalito.MessageFilter
---@return fun(): kalito.Message?
function db.message.each(filter) end

---How many the filter selects.
---@param filter? kalito.MessageFilter `limit` and `order` aside
---@return integer? count, string? message, string? code
function db.message.count(filter) end

-- ---- personas ----

---Who answers.
---@class kalito.Persona
---@field id? string minted as a UUID
---@field name? string needed in `add`
---@field prompt? string the system prompt; needed in `add`
---@field description? string one line for lists
---@field icon? string
---@field default_model? string
---@field suggested_models? string JSON array of strings
---@field temperature? number 0..2
---@field maxTokens? integer longest answer, 1 to 1,000,000,000
---@field created_at? string time; cannot be set
---@field updated_at? string time
---@field category? string at most one default persona in each
---@field topP? number 0..1
---@field stopSequences? string JSON array of strings
---@field repeatPenalty? number above 0
---@field is_default? boolean setting it takes it from the category's other one

---Which personas.
---@class kalito.PersonaFilter
---@field category? string
---@field name? string exact name
---@field prefix? string ids that begin so
---@field order? "oldest"|"newest" default by name
---@field limit? integer at most so many; 0 all

---Personas: `db.persona`.
---@class kalito.PersonaVerbs
db.persona = {}

---Stores a persona as it is given.
---@param row kalito.Persona
---@return kalito.Persona? row, string? message, string? code
function db.persona.add(row) end

---The persona with this id.
---@param id string
---@return kalito.Persona? row, string? message, string? code
function db.persona.get(id) end

---Changes the given fields of the persona with `row.id`; `kalito.json.null` empties one.
---@param row kalito.Persona
---@return true? ok, string? message, string? code
function db.persona.set(row) end

---Deletes a persona; its sessions get the default one of its category, or of "general". `refused` for a default.
---@param id string
---@return true? ok, string? message, string? code
function db.persona.del(id) end

---All personas that the filter selects, as a list.
---@param filter? kalito.PersonaFilter
---@return kalito.Persona[]? rows, string? message, string? code
function db.persona.find(filter) end

---The same one by one, in pages.
---@param filter? kalito.PersonaFilter
---@return fun(): kalito.Persona?
function db.persona.each(filter) end

---How many the filter selects.
---@param filter? kalito.PersonaFilter `limit` and `order` aside
---@return integer? count, string? message, string? code
function db.persona.count(filter) end

-- ---- summaries ----

---A summary of a range of messages.
---@class kalito.Summary
---@field id? string minted as a UUID
---@field session? string id of its session; needed in `add`; cannot be set
---@field summary? string the text; needed in `add`
---@field message_count? integer how many messages it covers, default 0
---@field start_message_id? string id of the first one, as text
---@field end_message_id? string id of the last one, as text
---@field importance_score? number 0..1, default 0.7
---@field created_at? string time; default now; cannot be set
---@field origin? "model"|"extract"|"user" who wrote it, default "user"; cannot be set
---@field model? string the model that wrote it; cannot be set
---@field policy? string hash of the policy that asked for it; cannot be set
---@field source_tokens? integer of the messages it covers; cannot be set
---@field level? integer 0 of messages, 1 of summaries, ...; cannot be set
---@field parent? string id of the summary of summaries that covers it; such a one is not shown; cannot be set

---Which summaries.
---@class kalito.SummaryFilter
---@field session? string id of their session
---@field since? string made at or after this time
---@field before? string made before this time
---@field min_importance? number 0..1
---@field order? "oldest"|"newest"|"importance" default "oldest"
---@field limit? integer at most so many; 0 all

---Summaries: `db.summary`.
---@class kalito.SummaryVerbs
db.summary = {}

---Stores a summary as it is given.
---@param row kalito.Summary
---@return kalito.Summary? row, string? message, string? code
function db.summary.add(row) end

---The summary with this id.
---@param id string
---@return kalito.Summary? row, string? message, string? code
function db.summary.get(id) end

---Changes the given fields of the summary with `row.id`; `kalito.json.null` empties one.
---@param row kalito.Summary
---@return true? ok, string? message, string? code
function db.summary.set(row) end

---Removes the summary with this id.
---@param id string
---@return true? ok, string? message, string? code
function db.summary.del(id) end

---All summaries that the filter selects, as a list.
---@param filter? kalito.SummaryFilter
---@return kalito.Summary[]? rows, string? message, string? code
function db.summary.find(filter) end

---The same one by one, in pages.
---@param filter? kalito.SummaryFilter
---@return fun(): kalito.Summary?
function db.summary.each(filter) end

---How many the filter selects.
---@param filter? kalito.SummaryFilter `limit` and `order` aside
---@return integer? count, string? message, string? code
function db.summary.count(filter) end

---Stores a summary of the messages from `start_message_id` to `end_message_id` and archives them, in one transaction.
---The range begins with the session's first live message. `exists`: another process was first.
---@param row kalito.Summary
---@return kalito.Summary? row, string? message, string? code
function db.summary.make(row) end

---Takes back the newest summary that archived messages: they are live again, and it waits for `redo`. `refused`: a
---summary of summaries covers it.
---@param session string id
---@return kalito.Summary? row, string? message, string? code
function db.summary.undo(session) end

---Makes the summary again that was undone last.
---@param session string id
---@return kalito.Summary? row, string? message, string? code
function db.summary.redo(session) end

---Stores a summary of at least two summaries, which then have it as parent.
---@param row kalito.Summary
---@param children string[] ids, oldest first, one after the other
---@return kalito.Summary? row, string? message, string? code
function db.summary.merge(row, children) end

-- ---- pins ----

---Something to keep in sight: a part of every context of its session.
---@class kalito.Pin
---@field id? string minted as a UUID
---@field session? string id of its session; needed in `add`; cannot be set
---@field content? string the text; needed in `add`
---@field source_message_id? string id of the message it came from, as text
---@field importance_score? number 0..1, default 0.8
---@field pin_type? "user"|"auto"|"manual"|"code"|"concept"|"system" default "user"
---@field created_at? string time; default now; cannot be set

---Which pins.
---@class kalito.PinFilter
---@field session? string id of their session
---@field pin_type? string
---@field since? string made at or after this time
---@field before? string made before this time
---@field min_importance? number 0..1
---@field order? "importance"|"oldest"|"newest" default "importance"
---@field limit? integer at most so many; 0 all

---Pins: `db.pin`.
---@class kalito.PinVerbs
db.pin = {}

---Stores a pin as it is given.
---@param row kalito.Pin
---@return kalito.Pin? row, string? message, string? code
function db.pin.add(row) end

---The pin with this id.
---@param id string
---@return kalito.Pin? row, string? message, string? code
function db.pin.get(id) end

---Changes the given fields of the pin with `row.id`; `kalito.json.null` empties one.
---@param row kalito.Pin
---@return true? ok, string? message, string? code
function db.pin.set(row) end

---Removes the pin with this id.
---@param id string
---@return true? ok, string? message, string? code
function db.pin.del(id) end

---All pins that the filter selects, as a list.
---@param filter? kalito.PinFilter
---@return kalito.Pin[]? rows, string? message, string? code
function db.pin.find(filter) end

---The same one by one, in pages.
---@param filter? kalito.PinFilter
---@return fun(): kalito.Pin?
function db.pin.each(filter) end

---How many the filter selects.
---@param filter? kalito.PinFilter `limit` and `order` aside
---@return integer? count, string? message, string? code
function db.pin.count(filter) end

---Deletes a pin and remembers its content: what was suggested and rejected is not to be suggested again.
---@param id string
---@return true? ok, string? message, string? code
function db.pin.reject(id) end

---The contents that were rejected in a session, the latest first; the last thousand.
---@param session string id
---@return string[]? contents, string? message, string? code
function db.pin.rejected(session) end

-- ---- turns ----

---One call of a model: what was sent, and what came of it.
---@class kalito.Turn
---@field id? integer minted, ascending
---@field session? string id of its session; cannot be set
---@field created_at? string time; cannot be set
---@field message? integer id of the message that was new
---@field reply? integer id of the stored answer
---@field budget? integer tokens; cannot be set
---@field tokens? integer as estimated; cannot be set
---@field prompt_tokens? integer as the model reported
---@field completion_tokens? integer as the model reported
---@field model? string
---@field hash? string of everything that was sent; cannot be set
---@field details? string JSON: items and recalled in a short form, settings, timings; `conversation:why` spells it out

---Which turns.
---@class kalito.TurnFilter
---@field session? string id of their session
---@field since? string at or after this time
---@field before? string before this time
---@field order? "oldest"|"newest" default "newest"
---@field limit? integer at most so many; 0 all

---Turns: `db.turn`.
---@class kalito.TurnVerbs
db.turn = {}

---Keeps the trace of a turn.
---@param row kalito.Turn
---@return kalito.Turn? row, string? message, string? code
function db.turn.add(row) end

---The turn with this id.
---@param id integer
---@return kalito.Turn? row, string? message, string? code
function db.turn.get(id) end

---Changes the given fields of the turn with `row.id`.
---@param row kalito.Turn
---@return true? ok, string? message, string? code
function db.turn.set(row) end

---Removes the turn with this id.
---@param id integer
---@return true? ok, string? message, string? code
function db.turn.del(id) end

---All turns that the filter selects, as a list.
---@param filter? kalito.TurnFilter
---@return kalito.Turn[]? rows, string? message, string? code
function db.turn.find(filter) end

---The same one by one, in pages.
---@param filter? kalito.TurnFilter
---@return fun(): kalito.Turn?
function db.turn.each(filter) end

---How many the filter selects.
---@param filter? kalito.TurnFilter `limit` and `order` aside
---@return integer? count, string? message, string? code
function db.turn.count(filter) end

-- ---- models ----

---What is known of a model: how its reported tokens compare with the estimate, and how many it holds.
---@class kalito.Model
---@field id? string "provider:name"
---@field ratio? number reported / estimated, a running mean, 0.1..10
---@field turns? integer that it was measured on
---@field context? integer tokens that it holds, prompt and answer together, 1..1e9
---@field asked_at? string when its server was asked for that

---Which models.
---@class kalito.ModelFilter
---@field limit? integer at most so many; 0 all

---Models: `db.model`.
---@class kalito.ModelVerbs
db.model = {}

---`ratio` and `turns` are needed.
---@param row kalito.Model
---@return kalito.Model? row, string? message, string? code
function db.model.add(row) end

---The model with this id.
---@param id string
---@return kalito.Model? row, string? message, string? code
function db.model.get(id) end

---Changes the given fields of the model with `row.id`.
---@param row kalito.Model
---@return true? ok, string? message, string? code
function db.model.set(row) end

---Removes the model with this id.
---@param id string
---@return true? ok, string? message, string? code
function db.model.del(id) end

---All models that the filter selects, as a list.
---@param filter? kalito.ModelFilter
---@return kalito.Model[]? rows, string? message, string? code
function db.model.find(filter) end

---The same one by one, in pages.
---@param filter? kalito.ModelFilter
---@return fun(): kalito.Model?
function db.model.each(filter) end

---How many the filter selects.
---@param filter? kalito.ModelFilter `limit` and `order` aside
---@return integer? count, string? message, string? code
function db.model.count(filter) end

-- ---- character cards ----

---The character card that a persona came from; it goes with the persona.
---@class kalito.Card
---@field id? string of its persona
---@field spec? "v1"|"v2"|"v3"
---@field card? string JSON, as it came
---@field prompt_hash? string `kalito.hash` of the prompt that was made of it

---Which cards.
---@class kalito.CardFilter
---@field limit? integer at most so many; 0 all

---Character cards: `db.card`.
---@class kalito.CardVerbs
db.card = {}

---All fields are needed.
---@param row kalito.Card
---@return kalito.Card? row, string? message, string? code
function db.card.add(row) end

---The character card of the persona with this id.
---@param id string
---@return kalito.Card? row, string? message, string? code
function db.card.get(id) end

---Changes the given fields of the card with `row.id`.
---@param row kalito.Card
---@return true? ok, string? message, string? code
function db.card.set(row) end

---Removes the character card of the persona with this id.
---@param id string
---@return true? ok, string? message, string? code
function db.card.del(id) end

---All cards that the filter selects, as a list.
---@param filter? kalito.CardFilter
---@return kalito.Card[]? rows, string? message, string? code
function db.card.find(filter) end

---The same one by one, in pages.
---@param filter? kalito.CardFilter
---@return fun(): kalito.Card?
function db.card.each(filter) end

---How many the filter selects.
---@param filter? kalito.CardFilter `limit` and `order` aside
---@return integer? count, string? message, string? code
function db.card.count(filter) end

-- ---- contexts ----

---What to build a context from.
---@class kalito.ContextRequest
---@field session string id
---@field budget integer tokens of everything that is sent, 1 to 10,000,000
---@field persona? string id; default the session's own
---@field prompt? string instead of the persona's prompt
---@field text? string the new message as text ...
---@field message? integer ... or the id of a stored one
---@field role? string of `text`, default "user"
---@field query? string what to recall from the whole history
---@field own? boolean recall for `query` in this session alone; in an archived one it always is
---@field similar? number how alike messages are that are recalled once for `query`, as in `db.recall.find`
---@field asked? string time: when `query` is asked, as in `db.recall.find`
---@field recalled? kalito.Recalled[] what was recalled already, best first; instead of `query`
---@field notes? kalito.Note[] shown behind the pins in this order, taken together with them by score; at most 1000
---@field plan? kalito.Plan
---@field save? boolean remember it as the session's previous context, for the next `prefix_bytes`
---@field keep? boolean give its `handle`, to save it later: together with what is written then

---@class kalito.Recalled
---@field id integer of a message
---@field score? number
---@field lent? number the part of it that comes from the session as a whole, default 0
---@field reasons? string JSON
---@field beside? integer the message that makes it readable, recalled with half of its score
---@field copies? integer[] ids of messages that say the same: those are not recalled beside another

---What is to be seen among the pins for one context: no row holds it.
---@class kalito.Note
---@field id string names it in the explanation
---@field text string
---@field score? number 0..1, default 0
---@field reasons? string JSON

---How a context is filled. Values out of range are taken as the nearest in range.
---@class kalito.Plan
---@field pin? kalito.Share default 10 rows
---@field summary? kalito.Share default 3
---@field recalled? kalito.Share default 60, share 0.5, min_importance 0.15
---@field recent? kalito.Share default 20
---@field block? integer the recent part drops its oldest so many at a time, 1..100, default 4
---@field brevity? number how much the length of recalled messages counts, 0..1, default 0.2: they are taken in the
---order of score / tokens^brevity

---@class kalito.Share
---@field limit? integer so many rows are candidates, 0..1000
---@field share? number at most this part of what the fixed parts leave of the budget, 0..1; of recalled messages: at
---least this part, and besides what the recent ones do not need
---@field min_importance? number rows below it are not taken, 0..1; of recalled messages: those whose own
---score, without `lent`, is less than this part of the best one

---A context: what to send, and why.
---@class kalito.Context
---@field session string
---@field budget integer
---@field tokens integer of all messages; never above the budget
---@field bytes integer
---@field prefix_bytes? integer bytes at the front that are as in the session's previous context
---@field messages kalito.Prompt[] to send
---@field items kalito.Item[] every candidate; of a context that is kept, made when they are first asked for
---@field hash string names all that is sent
---@field policy? table the plan that made it: name, hash, origin; from `conversation:context`
---@field persona? string name of the one who answers; from `conversation:context`
---@field handle? userdata for db.context.save and db.context.trace, when it was to be kept

---@class kalito.Prompt
---@field role string
---@field content string

---One candidate of a context and what became of it.
---@class kalito.Item
---@field part "persona"|"pin"|"summary"|"recalled"|"recent"|"new"
---@field id? string of its row
---@field role? string of a message
---@field text string of the row, not rendered
---@field tokens integer what it costs, rendered
---@field score number its importance, or the score of recall
---@field reasons? string JSON
---@field in boolean
---@field why string why it is in or out

---Contexts: `db.context`.
---@class kalito.ContextVerbs
db.context = {}

---Builds the context of the next model call. `budget` as code: persona and new message alone are over, and the message
---says by how much. `conversation:context` asks the policies for the plan first.
---@param request kalito.ContextRequest
---@return kalito.Context? context, string? message, string? code
function db.context.build(request) end

---What was weighed for a context, in the short form in which the details of a turn keep it: members of a JSON object
---without its braces.
---@param handle userdata of a context that was built with `keep`
---@return string text
function db.context.trace(handle) end

---Remembers a context as its session's previous one, as `save` does while building: inside a transaction, with it.
---@param handle userdata of a context that was built with `keep`
---@return true? ok, string? message, string? code
function db.context.save(handle) end

-- ---- recall and figures ----

---Messages that answer a query: `db.recall`.
---@class kalito.RecallVerbs
db.recall = {}

---Ranks the messages of the whole history, archived ones too, by how well they answer a query: by their words and
---those of their neighbours, speaker, session, date and age.
---@param query kalito.RecallQuery
---@return kalito.Hit[]? hits, string? message, string? code
function db.recall.find(query) end

---Tells the store what recall needs to know of a language. The first `find` does it with the shipped lists.
---@param lists table<string, string> stop, asked, forms, related, ask_when, time_words, first_person, you_said,
---look_up, openers, months, past, numbers: see words/english.lua
---@return true? ok, string? message, string? code
function db.recall.words(lists) end

---What to recall.
---@class kalito.RecallQuery
---@field query string a question, some words, or the next turn of a chat
---@field session? string id of the one session to search
---@field sessions? string[] ids; default: all sessions that are not archived
---@field limit? integer 1..1000, default 10
---@field budget? integer only what fits together into so many tokens, best first
---@field all? boolean in all sessions that are not archived, as without `session` and `sessions`
---@field without? integer id of a message that is not to be found: the query itself, when it is stored
---@field now? string time: what was said after it is not found; default: everything may be
---@field asked? string time: when it is asked, for "last week" in it; default: `now`, or else the clock
---@field similar? number of messages this alike (`kalito.text.similar`), and of an assistant's that only repeats
---another, one is given: the newest, or what the assistant repeats; default 0: all of them
---@field also? integer[] ids of messages that are given in any case, behind the others with the score 0
---@field weights? table<string, number> constants of the ranking, see core/README.md

---A message that was found.
---@class kalito.Hit: kalito.Message
---@field score number above 0, or 0 of one that was asked for in any case; comparable within one answer only
---@field lent number the part of it that comes from the session as a whole, not from the message: 0 to score
---@field reasons string JSON
---@field question? integer the message that it answers: what makes it readable
---@field answer? integer of a question: the message that answers it
---@field copies? integer[] ids of messages that say the same and are not given, when `similar` was asked for

---@alias kalito.Detector "key"|"card"|"email"|"phone"|"word"

---Secrets that are neither stored nor sent: `db.redaction`. What is found is replaced by `[redacted:email]` and the
---like before a row is stored, and in every context. `kalito redact` is the command.
---@class kalito.RedactionVerbs
db.redaction = {}

---What is on. kept: what the file asks for of all who open it; detectors: with those of this opening, and `word` for
---words; words: how many.
---@return { kept: kalito.Detector[], detectors: kalito.Detector[], words: integer }? redaction
---@return string? message, string? code
function db.redaction.get() end

---Sets what the file asks for, from now on: any of key, card, email, phone. Rows that are there stay as they are.
---@param detectors kalito.Detector[]
---@return true? ok, string? message, string? code
function db.redaction.set(detectors) end

---The text as it would be stored: for what is sent or written on other ways than a context.
---@param s string
---@return string? text, string? message, string? code
function db.redaction.text(s) end

---A JSON text with its strings as they would be stored. Values of the keys `id` and `hash` are names and stay.
---@param s string
---@return string? json, string? message, string? code
function db.redaction.json(s) end

---How many rows hold what is to be redacted: from before, or from another program. Reads everything.
---@return integer? rows, string? message, string? code
function db.redaction.count() end

---Redacts these rows and removes what they were for good, as `db.session.forget` does.
---@return integer? rows how many, string? message, string? code
function db.redaction.apply() end

---Vectors that a model has made of messages, and the messages near one: `db.vector`. `kalito embed` fills them.
---@class kalito.VectorVerbs
db.vector = {}

---Stores a message's vector in the place of the one it has; a text that changes later loses it. `not_found`: no such
---message, or it has another text than `text` by now. `exists`: the model's vectors have another dimension.
---@param row { message: integer, model: string, values: number[], text: string? }
---@return true? ok, string? message, string? code
function db.vector.set(row) end

---Removes all vectors of a model, or of every model.
---@param model? string
---@return true? ok, string? message, string? code
function db.vector.del(model) end

---How many vectors there are of a model, or of every model.
---@param model? string
---@return integer? count, string? message, string? code
function db.vector.count(model) end

---The ids of messages that have no vector of a model, ascending: those above `after`, at most `limit` (1..10000,
---default 100).
---@param query { model: string, after: integer?, limit: integer? }
---@return integer[]? ids, string? message, string? code
function db.vector.missing(query) end

---The messages whose vectors are nearest, compared with every one; `score` is the cosine, -1..1, and there are no
---reasons.
---@param query kalito.VectorQuery
---@return kalito.Hit[]? hits, string? message, string? code
function db.vector.find(query) end

---What to look near.
---@class kalito.VectorQuery
---@field model string
---@field values number[] the query as the model sees it; vectors of another dimension are not compared
---@field session? string id of the one session to search
---@field sessions? string[] ids; default: all sessions that are not archived
---@field limit? integer 1..1000, default 10
---@field without? integer id of a message that is not to be found

---Plain text search: `db.search`.
---@class kalito.SearchVerbs
db.search = {}

---Finds messages, archived ones too, pins and summaries by their words, best first.
---A query that cannot be read raises; the message names the character.
---@param request kalito.SearchRequest
---@return kalito.Found[]? rows, string? message, string? code
function db.search.find(request) end

---@class kalito.SearchRequest
---@field query string words, "phrases", beginnings*, -words, OR, role: session: since: before: importance>
---@field session? string id; default all sessions, archived ones too
---@field sessions? string[] ids
---@field limit? integer 1..1000, default 20
---@field width? integer characters of a text to show, default 160

---Positions are bytes of `text`, from 1, the last one included.
---@class kalito.Found
---@field kind "message"|"pin"|"summary"
---@field id string of its row; of a message as decimal number
---@field session string
---@field role? string of a message
---@field speaker? string of a message
---@field created_at? string
---@field text string
---@field importance_score number
---@field score number BM25; comparable within one answer only
---@field from integer the part of the text that shows the words best
---@field to integer
---@field spans integer[][] where the words stand: {from, to}

---The search index: `db.index`.
---@class kalito.IndexVerbs
db.index = {}

---Compares the index and the records of recall with the rows. Reads everything.
---@return string[]? findings, integer|string count, string? code the first thousand findings, and how many there are
function db.index.check() end

---Makes index and records anew from the rows, in one transaction, also when they are damaged.
---@return true? ok, string? message, string? code
function db.index.rebuild() end

---Figures: `db.stats`.
---@class kalito.StatsVerbs
db.stats = {}

---Figures of the store, or of one session. Reads every message once.
---@param session? string id
---@return kalito.Stats? stats, string? message, string? code
function db.stats.get(session) end

---@class kalito.Stats
---@field sessions integer
---@field sessions_archived integer
---@field sessions_temporary integer
---@field personas integer
---@field summaries integer
---@field pins integer
---@field messages integer
---@field user integer messages by role
---@field assistant integer
---@field system integer
---@field tool integer
---@field archived integer messages up to the boundary of their session
---@field bytes integer of the texts of messages
---@field tokens integer of the texts of messages
---@field tokens_live integer of the messages of a session behind its boundary
---@field tokens_used integer sum of token_usage
---@field oldest? string time of the first message
---@field newest? string time of the last message
---@field importance integer[] how many scores lie in each tenth
---@field usage { model: string, messages: integer, tokens: integer }[]

return db
