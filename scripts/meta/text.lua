---@meta

---Fast, bounded helpers for rules: structure counts, word sets, sentences, likeness, tokens. They need no
---store and are there inside the jail too. Texts are UTF-8; what is not is taken byte by byte, never an
---error. Positions are byte positions that begin at 1, as in `string`. All take time linear in the text.
---@class kalito.text
kalito.text = {}

---What `kalito.text.scan` counts. `bytes`, `chars` and `lines` cover the whole text; everything else is counted
---outside of fenced code blocks, and outside of code spans and URLs except the counts of those themselves.
---@class kalito.text.counts
---@field bytes integer
---@field chars integer code points
---@field lines integer "" has none, "a" and "a\n" have one
---@field words integer a Han or kana character is a word of its own
---@field sentences integer
---@field questions integer sentences that end in a question mark
---@field exclamations integer sentences that end in an exclamation mark
---@field code_blocks integer fenced by ``` or ~~~
---@field code_spans integer `inline`
---@field list_items integer lines that begin with a bullet or a number
---@field numbered_items integer those of list_items that begin with a number
---@field quoted_lines integer lines that begin with >
---@field identifiers integer snake_case, camelCase, a.b(), a::b, a->b, foo()
---@field urls integer scheme://... and www....
---@field numbers integer 42, 3.14, 1,000, 5km; not those of dates and list markers
---@field dates integer 2024-05-06, 2024-05-06T07:08:09Z, 07:08
---@field capitalised integer words with a capital that do not begin a sentence; not "I"

---Counts the structure of a text in one pass.
---@param s string
---@param into? table filled and returned instead of a new table; saves the allocation in a rule
---@return kalito.text.counts
function kalito.text.scan(s, into) end

---Compiles a set of words and phrases that are then matched all at once. Case is ignored, also in Greek,
---Cyrillic and accented Latin; the typographic apostrophe is the plain one; the space of a phrase is any run of
---white space. Whole words only: "class" is not in "classy" or "my_class", "can" not in "can't", but "Anna" is in
---"Anna's". Entries in Han, kana, Hangul, Thai, Lao, Khmer and Burmese match as substrings.
---Compile once, not for each message. Raises when an entry is not a string, is blank, is longer than 255 bytes or
---is not valid UTF-8, and when there are more than 65535.
---@param list string[] may be empty: such a set matches nothing
---@return kalito.words
function kalito.text.words(list) end

---A compiled word set.
---@class kalito.words
local words = {}

---The number of matches in a text; they do not overlap, the longest entry wins.
---@param s string
---@param limit? integer stop counting here; 1 answers "is there any"
---@return integer
function words:count(s, limit) end

---The first match that begins at `init` or later.
---@param s string
---@param init? integer default 1
---@return string|nil word the entry as it was given to `kalito.text.words`
---@return integer|nil position
function words:find(s, init) end

---The number of sentences that begin with a match, behind list and quote markers and opening quotes.
---@param s string
---@param limit? integer stop counting here
---@return integer
function words:lead(s, limit) end

---Iterates over the sentences of a text, without surrounding white space and list markers. Code blocks are skipped.
---`for sentence, position in kalito.text.sentences(s) do ... end`
---@param s string
---@return fun(): string?, integer?
function kalito.text.sentences(s) end

---How alike two texts are: 0 no word in common, 1 the same words in the same neighbourhoods; from about 0.6 on
---they are near duplicates. Ignores case and punctuation. Exact up to 512 different words and pairs of words.
---@param a string
---@param b string
---@return number
function kalito.text.similar(a, b) end

---Which texts of a list are alike by at least so much, as `similar` measures it. Each text is read once: for many texts
---that is far cheaper than comparing them one by one.
---@param texts string[] at most 256
---@param least number above 0, at most 1
---@return { [1]: integer, [2]: integer }[] pairs places in the list, the lower one first
function kalito.text.alike(texts, least) end

---Estimated number of model tokens: about right for English, rather more than less for everything else, never under
---a quarter of the characters.
---@param s string
---@return integer
function kalito.text.tokens(s) end

---Is the text valid UTF-8 without NUL, so that the store takes it?
---@param s string
---@return boolean
---@return integer|nil position of the first bad byte
function kalito.text.valid(s) end

---The text as a terminal shows it and does not obey: control characters, marks of direction and without width, and
---bytes that are no UTF-8 become escapes such as `\n`, `\x1b` and `\u{202e}`.
---@param s string
---@param kept? string ASCII characters that stay as they are, such as "\n\t"
---@return string
function kalito.text.safe(s, kept) end
