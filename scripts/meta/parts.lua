---@meta

---Where Lua files come from. A name such as "policies/score" is looked for in --scripts, $KALITO_PATH, the settings
---folder, the installed one and among the shipped files; the first hit wins.
---@class kalito.script
kalito.script = {}

---@class kalito.Script
---@field name string "policies/score"
---@field path? string file name; absent: embedded
---@field origin "--scripts"|"$KALITO_PATH"|"config"|"installed"|"shipped"|"file"
---@field source? string absent: the file cannot be read
---@field hash? string what names its text in a trace
---@field shipped boolean the text is the one embedded in the program, wherever it was found

---Sets the folder that is searched first.
---@param folder? string
function kalito.script.use_folder(folder) end

---The user's folder of settings and scripts: $XDG_CONFIG_HOME/kalito. Nil without a home.
---@return string?
function kalito.script.config_folder() end

---The user's folder of databases: $XDG_DATA_HOME/kalito. Nil without a home.
---@return string?
function kalito.script.data_folder() end

---The user's folder of histories: $XDG_STATE_HOME/kalito. Nil without a home.
---@return string?
function kalito.script.state_folder() end

---The folders that are searched, in their order.
---@return { path: string, origin: string }[]
function kalito.script.folders() end

---The whole text of a file.
---@param path string
---@return string? text, string? message, string? code
function kalito.script.read(path) end

---Every place a script of that name stands in, the winner first.
---@param name string
---@return kalito.Script[]
function kalito.script.all(name) end

---The shipped script of that name.
---@param name string
---@return kalito.Script?
function kalito.script.shipped(name) end

---The script of that name that is used.
---@param name string
---@return kalito.Script? script, string? message, string? code
function kalito.script.find(name) end

---The script in a given file.
---@param path string
---@param name? string what it is to be called; its path otherwise
---@return kalito.Script? script, string? message, string? code
function kalito.script.file(path, name) end

---The name that errors of a script begin with: its path, or its place among the shipped files.
---@param script kalito.Script
---@return string
function kalito.script.chunk_name(script) end

---Runs the file of a script and gives the table it returns.
---@param script kalito.Script
---@param environment? table what it sees as globals; all of them otherwise
---@return table? result, string? message, string? code
function kalito.script.load(script, environment) end

---The shipped file of that name, loaded afresh: what users build their own upon.
---@param name string "policies/score"
---@return table
function kalito.script.builtin(name) end

---The names of all scripts in a folder such as "policies", from all places, ascending, without the folder.
---@param folder string
---@return string[]
function kalito.script.names(folder) end

---The policies: which is in use, and calls that always have a valid answer. To take a function for this run:
---`kalito.policy.score = function(message, ctx) ... end`; nil takes it back. `kalito.policy.score` is the one in use.
---@class kalito.policy
---@field unisolated boolean may policy files run where the kernel offers no isolation? Set by --allow-unisolated
kalito.policy = {}

---What is told about a broken policy; replaced by the program.
---@param message string
function kalito.policy.report(message) end

---The policy of a kind that is in use; for a persona, what its file has of the kind.
---@param kind string
---@param persona? string name of a session's persona
---@return kalito.Policy
function kalito.policy.get(kind, persona) end

---The shipped policy of a kind with the user's settings, whatever is in use.
---@param kind string
---@return kalito.Policy
function kalito.policy.shipped(kind) end

---Takes another policy for the rest of the run: a script, or a table of functions that run in the program. nil
---takes back what was chosen.
---@param kind string
---@param taken? kalito.Script|table
function kalito.policy.use(kind, taken) end

---Loads a policy file without taking it into use. Settings that do not fit it are an error.
---@param kind string
---@param found kalito.Script
---@return kalito.Policy? policy, string? message, string? code
function kalito.policy.load(kind, found) end

---Reads the settings and loads the policies in use anew. One that does not load is reported, and the one that was in
---use stays. Choices of this run stay.
---@return boolean all of them were loaded
function kalito.policy.reload() end

---Runs one function of a given policy; a function that it lacks is the shipped one's, that a persona lacks the usual
---one's. Nothing takes its place when it fails.
---@param policy kalito.Policy
---@param name string
---@param ctx table?
---@param ... any the arguments before ctx
---@return boolean? ok, any result, any second nil, message when it failed
function kalito.policy.try(policy, name, ctx, ...) end

---Runs one function of a given policy. When a persona's fails, the usual one answers; when that fails, the shipped one,
---and when that cannot cope with the user's options, it answers with its own.
---@param policy kalito.Policy
---@param name string
---@param ctx table? what the policy is told beside its options: now, session, budget ...
---@param ... any the arguments before ctx
---@return any result, any second the validated answer
function kalito.policy.answer(policy, name, ctx, ...) end

---Runs one function of the policy in use for a kind, and the shipped one when it fails.
---@param kind string
---@param name string
---@param ctx table? with `persona`, its name, that persona's own function goes first
---@param ... any the arguments before ctx
---@return any result, any second
function kalito.policy.call(kind, name, ctx, ...) end

---Scores many messages.
---@param messages table[]
---@param ctx table
---@param policy? kalito.Policy another than the one in use
---@return { score: number, reasons: table }[]
function kalito.policy.scores(messages, ctx, policy) end

---What names a policy in a trace: its name and a hash of its text.
---@param kind string
---@param persona? string name of a session's persona
---@return { name: string, hash: string, origin: string }
function kalito.policy.identity(kind, persona) end

---The user's settings: $XDG_CONFIG_HOME/kalito/config.lua, which returns a table.
---@class kalito.config
kalito.config = {}

---@class kalito.Config
---@field policies? table<string, table> options of each policy, by its name
---@field providers? table<string, table> options of each provider, by its name
---@field model? string the model of `kalito chat`, "provider:name"
---@field budget? integer tokens of a context
---@field user? string what {{user}} stands for
---@field embedding? string the model whose vectors help recall, "provider:name": see kalito embed
---@field redact? string[] words that are never stored or sent, in any case of letters: see kalito redact

---The line of `source` that sets a key, for messages; that of the last table on the way to it when it is not found.
---@param source string
---@param ... string the tables on the way, then the key: "policies", "score", "user"
---@return integer
function kalito.config.line_of(source, ...) end

---The options of a policy or provider: its defaults with the user's values laid over them. The defaults are the
---schema: a key they lack, or a value of another type, is an error with its line.
---@param defaults table
---@param given? table
---@param where { path: string, source: string, within?: string[] } the file, and the tables on the way to `given`
---@return table? options, string? message, string? code
function kalito.config.merge(defaults, given, where) end

---Reads the file anew when it is next asked for.
function kalito.config.reload() end

---The user's settings; an empty table when he has none.
---@return kalito.Config? values, string? message, string? code
function kalito.config.get() end

---The words that are never stored or sent (`redact`). Settings that cannot be read may name some: that is a failure.
---@return string[]? words, string? message, string? code
function kalito.config.words() end

---What the user has set for a policy or provider, as it stands in `section` of the settings.
---@param section "policies"|"providers"
---@param name string
---@return table? given, string? message, string? code
function kalito.config.given(section, name) end

---The options of a policy or provider, from `section` of the settings.
---@param section "policies"|"providers"
---@param name string
---@param defaults table
---@return table? options, string? message, string? code
function kalito.config.options(section, name, defaults) end

---@class kalito.Policy
---@field kind string "score"
---@field name string its own name
---@field describe? string
---@field origin string where it came from
---@field shipped? boolean it is the one that the program carries
---@field path? string
---@field source string
---@field defaults table
---@field options table
---@field functions table<string, any> those it has
---@field tests? table[]
---@field call? fun(name: string, ...): any in the program: runs a function and may raise
---@field jail? userdata the worker in which it runs
