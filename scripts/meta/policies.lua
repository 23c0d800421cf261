---@meta

-- What the files in policies/, personas/ and commands/ return, and what their functions are told. A policy is a pure
-- function: tables in, a decision out. No I/O, no clock, no randomness: `ctx.now` is the time.

---Why a decision is what it is, for people: a list of {word, number or text}.
---@alias kalito.Reasons { [1]: string, [2]: number|string }[]

---What every policy function is told.
---@class kalito.PolicyContext
---@field options table the policy's options: its defaults with the user's values; the same table in all calls of a run
---@field override? table the caller's own values of some options, for this call
---@field now string time, ISO-8601 UTC
---@field session? string id of the session
---@field persona? string name of the session's persona, whose own file goes before the policy
---@field budget? integer tokens; for a plan
---@field query? string for a plan and for recall
---@field pins? string[] for suggest: contents of the session's pins, rejected ones too
---@field shown? string[] for suggest: texts from memory that were shown to the model
---@field previous? kalito.Message for suggest: the message before
---@field messages? integer for suggest: how many messages the session has
---@field auto? integer for suggest: how many automatic pins it has
---@field model_context? integer for summaries: tokens of the model's context
---@field limit? integer for summaries: tokens that the summary may have

---What every policy file returns, besides its functions. A function that it lacks is the shipped one.
---@class kalito.PolicyFile
---@field name string
---@field describe string one line
---@field defaults? table the options: the table is the schema, an option that it lacks is an error
---@field tests? kalito.PolicyTest[] run by `kalito script test`

---@class kalito.PolicyTest
---@field name string
---@field given table the arguments, and `options`
---@field expect table what the result must hold

---policies/score.lua: how much a message matters.
---@class kalito.ScorePolicy: kalito.PolicyFile
---@field score? fun(message: kalito.Message, ctx: kalito.PolicyContext): number, kalito.Reasons? 0..1
---@field update? fun(message: kalito.Message, event: string, ctx: kalito.PolicyContext): number, kalito.Reasons? event:
---a kalito.ScoreEvent

---@alias kalito.ScoreEvent "pinned"|"unpinned"|"summarised"|"edited"|"retried"|"rated_up"|"rated_down"

---policies/pin.lua: what to pin by itself.
---@class kalito.PinPolicy: kalito.PolicyFile
---@field suggest? fun(message: kalito.Message, ctx: kalito.PolicyContext): kalito.Suggestion[] at most 16

---@class kalito.Suggestion
---@field content string at most 4096 bytes
---@field importance number 0..1
---@field reasons? kalito.Reasons

---policies/summarize.lua: when to summarise what, and how.
---@class kalito.SummarizePolicy: kalito.PolicyFile
---@field due? fun(stats: kalito.LiveStats, ctx: kalito.PolicyContext): kalito.Range?, kalito.Reasons? nil: nothing
---is due
---@field prompt? fun(messages: kalito.Message[], ctx: kalito.PolicyContext): kalito.Prompt[] what to ask the model
---@field title? fun(messages: kalito.Message[], ctx: kalito.PolicyContext): kalito.Prompt[]? what to ask the model for
---the title of a session, after its first reply; nil: the session keeps its first words
---@field accept? fun(text: string, messages: kalito.Message[], ctx: kalito.PolicyContext): boolean, string?
---@field extract? fun(messages: kalito.Message[], ctx: kalito.PolicyContext): string the summary without a model
---@field importance? fun(summary: string, messages: kalito.Message[], ctx: kalito.PolicyContext): number 0..1, and
---reasons

---What outgrows its place: of a very long session the oldest 500 messages, and then the figures are of 501.
---@class kalito.LiveStats
---@field live_messages integer
---@field live_tokens integer
---@field model_context integer tokens of the model's context
---@field list { id: integer, role: string, tokens: integer }[] the live messages, oldest first

---@class kalito.Range
---@field first integer id of a message
---@field last integer id of a message

---policies/context.lua: how the budget is shared.
---@class kalito.ContextPolicy: kalito.PolicyFile
---@field plan? fun(ctx: kalito.PolicyContext): kalito.Plan

---policies/recall.lua: which of the messages found are worth recalling.
---@class kalito.RecallPolicy: kalito.PolicyFile
---@field adjust? fun(candidates: table[], query: string, ctx: kalito.PolicyContext): kalito.RecallRow[] best first

---@class kalito.RecallRow
---@field id integer of a message
---@field score number
---@field reasons? kalito.Reasons

---policies/retain.lua: which sessions to keep.
---@class kalito.RetainPolicy: kalito.PolicyFile
---@field decide? fun(session: kalito.Session, ctx: kalito.PolicyContext): "keep"|"archive"|"delete", string? and why

---commands/NAME.lua: a command of the program.
---@class kalito.Command
---@field name string
---@field summary string one line, without a full stop
---@field details? string
---@field arguments? kalito.Argument[]
---@field options? kalito.Option[]
---@field example? string
---@field run? fun(args: table, app: kalito.App): boolean|integer|nil, string?, string? true or an exit status; else
---nil, message, code
---@field commands? table<string, kalito.Command> subcommands, instead of `run`

---{ name, what it is }
---@class kalito.Argument
---@field [1] string
---@field [2] string
---@field optional? boolean
---@field rest? boolean takes all that is left: a list

---{ name, what its value is called or nil for a flag, what it does }
---@class kalito.Option
---@field [1] string without the two dashes; "-" becomes "_" in `args`
---@field [2] string?
---@field [3] string
---@field type? "string"|"integer"|"number" default "string"
---@field min? number
---@field max? number
---@field many? boolean may be given several times: a list

---What a command may ask of the program.
---@class kalito.App
---@field options table the global options that were given
---@field path fun(): string the name of the database file
---@field open fun(mode: "read"|"write"|"create"): kalito.Store?, string?, string? the database; closed at the end
