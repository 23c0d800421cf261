/*
** kalito.h: the public interface of libkalito, a conversation-memory engine over one SQLite file.
**
** Conventions
**   - Names: kal_NOUN_VERB. The nouns session, message, persona, summary and pin have add, get,
**     set, del, find and count; each row type is a plain struct.
**   - Results: every fallible function returns a kal_code and, unless `err` is NULL, fills *err
**     with the same code and a message of one line. KAL_OK is 0. On any failure nothing was
**     changed.
**   - Ownership: kal_store and kal_context are handles that the caller closes; closing NULL is
**     harmless. Everything else is a value. Text that a function hands out is borrowed: it stays
**     valid until the next call on the same handle, unless the function says otherwise. No function
**     returns memory to free.
**   - Text: kal_str is bytes and a length, valid UTF-8 without NUL. Text handed out is also
**     followed by a NUL byte that the length does not count. data == NULL is SQL's NULL.
**   - Times: ISO-8601 UTC with milliseconds, "2025-03-01T09:30:00.000Z". Where a time comes in, the
**     form "2025-03-01 09:30:00", a missing fraction, a date alone and an offset like +02:00 are
**     accepted too.
**   - Threads: a handle belongs to one thread at a time. Processes may share a file.
**   - Never carry a kal_store through fork().
*/
#ifndef KALITO_H
#define KALITO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KALITO_VERSION "0.1.0"

#if defined(__GNUC__)
#define KAL_API __attribute__((visibility("default")))
#else
#define KAL_API
#endif

/* ---- Results ---- */

typedef enum kal_code {
    KAL_OK = 0,
    KAL_MISUSE,      /* a bad argument or value: a bug in the caller or input to refuse */
    KAL_NOT_FOUND,   /* no such row or file */
    KAL_EXISTS,      /* the id or external id is taken */
    KAL_BUSY,        /* another process held the file for longer than busy_ms */
    KAL_BUDGET,      /* the part of a context that must be sent is over the budget */
    KAL_READONLY,    /* the file or its folder cannot be written */
    KAL_FULL,        /* the disk is full */
    KAL_IO,          /* reading or writing failed */
    KAL_CORRUPT,     /* the file is damaged */
    KAL_NOT_KALITO,  /* not a database, or not one of ours */
    KAL_TOO_NEW,     /* written by a newer kalito: left unchanged */
    KAL_NOMEM,       /* out of memory */
    KAL_INTERRUPTED, /* kal_store_interrupt was called */
    KAL_REFUSED,     /* a rule of the data forbids it, such as deleting a default persona */
    KAL_HTTP         /* a request to a server failed, or its answer cannot be used */
} kal_code;

/* What went wrong. `message` is one line, names the field or file, and holds no control characters. */
typedef struct kal_err {
    kal_code code;
    char message[504];
} kal_err;

/* The stable short word for a code: "ok", "misuse", "not_found", "exists", "busy", "budget", ...
** Never NULL; valid for ever. */
KAL_API const char *kal_code_name(kal_code code);

/* ---- Text ---- */

/* Borrowed bytes. data == NULL: absent. */
typedef struct kal_str {
    const char *data;
    size_t len;
} kal_str;

/* A NUL-terminated C string as a kal_str; NULL gives an absent one. The result borrows `z`. */
KAL_API kal_str kal_text(const char *z);

/*
** Pure functions of borrowed bytes: no store, no allocation, no state, safe from any thread.
** All are linear in the length of the text. Unless said otherwise they accept any bytes: what is
** not UTF-8 is treated as one symbol per byte and never read past its end. data may be NULL when
** len is 0. Positions are byte offsets from the beginning of the text. */

/* Is the text valid UTF-8 (no surrogates, no overlong forms, nothing above U+10FFFF) without NUL?
** When it is not and bad_at is not NULL, *bad_at is the offset of the first offending byte
** sequence. The empty text is valid. */
KAL_API bool kal_text_valid(kal_str text, size_t *bad_at);

/* A 64-bit hash of the bytes, the same in every version and on every machine of this byte order: names
** contents in traces and imports. Not for secrets. */
KAL_API uint64_t kal_text_hash(kal_str text);

/* The text as a terminal shows it and does not obey: control characters, marks of direction and without width, and
** bytes that are not UTF-8 become escapes (\n, \x1b, \u{202e}), unless they stand in `kept`, ASCII such as "\n\t".
** Writes it when it fits into `room` bytes, and gives its length: that of the text means that there is nothing to
** escape. Never more than four bytes for one. */
KAL_API size_t kal_text_safe(kal_str text, const char *kept, char *out, size_t room);

/* A number in decimal digits, ended by NUL: returns its length. A real that is finite gets the fewest of 15 or 17 digits
** that are read as the same number, and always a point or an exponent. Many times as fast as printf for most. */
#define KAL_NUMBER_SIZE 32
KAL_API size_t kal_text_integer(int64_t value, char out[KAL_NUMBER_SIZE]);
KAL_API size_t kal_text_real(double value, char out[KAL_NUMBER_SIZE]);

/* What kal_text_scan counts. bytes, chars and lines cover the whole text; everything else is
** counted outside of fenced code blocks, and outside of code spans and URLs except the counts of
** those themselves. */
typedef struct kal_text_stats {
    size_t bytes;
    size_t chars; /* code points; a byte that is not UTF-8 counts as one */
    size_t lines; /* "" has none, "a" and "a\n" have one */
    size_t words; /* a Han or kana character is a word of its own */
    size_t sentences;
    size_t questions;      /* sentences that end in a question mark: "a ? b : c" has none */
    size_t exclamations;   /* sentences that end in an exclamation mark */
    size_t code_blocks;    /* fenced by ``` or ~~~; an unclosed one reaches to the end */
    size_t code_spans;     /* `inline` */
    size_t list_items;     /* lines that begin with a bullet or a number */
    size_t numbered_items; /* those of list_items that begin with a number: "1." or "1)" */
    size_t quoted_lines;   /* lines that begin with > */
    size_t identifiers;    /* snake_case, camelCase, a.b(), a::b, a->b, foo() */
    size_t urls;           /* scheme://... and www.... */
    size_t numbers;        /* 42, 3.14, 1,000, 5km; not those of dates and list markers */
    size_t dates;          /* 2024-05-06, 2024-05-06T07:08:09Z (one), 07:08 */
    size_t capitalised;    /* words with a capital that do not begin a sentence; not "I" */
} kal_text_stats;

/* Counts the structure of a text, for scoring rules. */
KAL_API void kal_text_scan(kal_str text, kal_text_stats *out);

/* The next sentence at or after *pos, without surrounding white space; *pos moves behind it. Starts
** with *pos = 0; false at the end, and *pos is then text.len. A sentence ends at . ! ? and their
** relatives in other scripts, not after an abbreviation or an initial, and at the end of a line
** unless the next line goes on in lower case. Fenced code blocks are skipped. *sentence points
** into the text. */
KAL_API bool kal_text_sentence(kal_str text, size_t *pos, kal_str *sentence);

/* How alike two texts are, 0 (no word in common) to 1 (the same words in the same neighbourhoods):
** the Jaccard measure of the sets of words and pairs of neighbouring words, ignoring case and
** punctuation. Exact up to 512 distinct features a text, above that estimated from an evenly
** thinned sample of 256 to 512. Uses 16 KiB of stack. Two texts without words are alike (1) if
** their bytes are equal, else 0. Symmetric. About 0.6 and more means a near duplicate. */
KAL_API double kal_text_similar(kal_str a, kal_str b);

typedef struct kal_pair {
    uint32_t first, second; /* places in the list, first < second */
} kal_pair;

typedef struct kal_pairs {
    kal_pair *rows; /* the caller's */
    size_t room, count;
} kal_pairs;

/* Which of `count` texts are alike by at least `least` (above 0, at most 1): the pairs for which kal_text_similar
** gives that much, ascending by their second, then their first. Each text is read once, so that n texts cost far
** less than their n(n-1)/2 comparisons: for that it allocates, as no other function here does. `out` has room for
** all pairs; count is set. KAL_MISUSE, KAL_NOMEM. */
KAL_API kal_code kal_text_alike(const kal_str *texts, size_t count, double least, kal_pairs *out,
                                kal_err *err);

/*
** Word sets.
** A compiled set of words and phrases, matched all at once. It lives in a buffer of the caller, aligned for any type,
** holds no pointers (it may be moved and copied as bytes) and needs no release. Building reads the words only during
** the call.
** Matching ignores case (ASCII, Latin-1, Latin Extended-A and Additional, Greek, Cyrillic), takes the typographic
** apostrophe for the plain one, and any run of white space for the space of a phrase.
** It finds whole words: "class" is not in "classy", "my_class" or "klass", "can" not in "can't"; the possessive is no
** part of the word: "Anna" is in "Anna's". At an edge that is not a letter, digit or underscore ("c++", "#todo")
** nothing is asked of the neighbour; nor at one in a script written without spaces or with attached particles (Han,
** kana, Hangul, Thai, Lao, Khmer, Burmese): substrings match. The longest entry wins; matches do not overlap. Two
** entries equal but for case are one: the first. */

#define KAL_WORD_MAX 255    /* bytes in one entry */
#define KAL_WORDS_MAX 65535 /* entries in a set */

/* The size of the buffer for these words. */
KAL_API size_t kal_words_size(const kal_str *words, size_t n);

/* Builds the set of n words (0 is allowed: it matches nothing). False, and the buffer is no set,
** when an entry is empty or blank, longer than KAL_WORD_MAX or not valid UTF-8, when there are more
** than KAL_WORDS_MAX, or when size is below kal_words_size. */
KAL_API bool kal_words_build(void *buffer, size_t size, const kal_str *words, size_t n);

/* The number of matches in the text; stops counting at limit. */
KAL_API size_t kal_words_count(const void *set, kal_str text, size_t limit);

/* The first match that begins at or after *at (start with 0): *at becomes its offset and *which the
** index of its entry in the list given to build. Bytes before *at are still looked at as
** neighbours. False, and both untouched, when there is none. which may be NULL. */
KAL_API bool kal_words_find(const void *set, kal_str text, size_t *at, size_t *which);

/* The number of sentences (as kal_text_sentence finds them) that begin with a match, behind list
** and quote markers and opening quotes; stops counting at limit. */
KAL_API size_t kal_words_lead(const void *set, kal_str text, size_t limit);

/*
** Secrets.
** What is found, as bits; "[redacted:key]" and the like takes its place. */
enum {
    /* Keys, tokens, passwords: by their makers' beginnings (sk-, ghp_, AKIA ...), as PEM, JWT or bearer, or behind
    ** names such as api_key= and password. */
    KAL_REDACT_KEY = 1,
    /* Numbers of payment cards: issuer, length and check digit fit. */
    KAL_REDACT_CARD = 2,
    KAL_REDACT_EMAIL = 4,
    /* +CC numbers, and national forms with separators. */
    KAL_REDACT_PHONE = 8,
    /* The words of a set, whole and in any case. */
    KAL_REDACT_WORD = 16,
    KAL_REDACT_ALL = 31
};

/* "key", "card", "email", "phone" or "word" for one of these bits, else NULL. Valid for ever. */
KAL_API const char *kal_redact_name(unsigned detector);

/* Writes the text with every secret replaced by its marker to `out`, and returns how many bytes that takes; when they
** are more than `room`, what is in `out` is of no use. `out` may be NULL. `words` is a set of kal_words_build, or
** NULL. Markers are left as they are. Valid UTF-8 stays valid. It errs towards leaving things: dates, times,
** versions, sums, ids and UUIDs are not taken for numbers of cards and telephones. */
KAL_API size_t kal_redact(kal_str text, unsigned detectors, const void *words, char *out,
                          size_t room);

/*
** Binary data inside text files, and checked: pictures that carry a character card. */

/* The check sum of PNG and zip (CRC-32, ISO 3309). */
KAL_API uint32_t kal_crc32(kal_str bytes);
/* The bytes as base64, with padding and without line ends; `out` holds (len + 2) / 3 * 4. */
KAL_API void kal_base64_encode(kal_str bytes, char *out);
/* The bytes of a base64 text, strictly: the standard alphabet, padding to a multiple of four, no blanks, no bits left
** over. `out` holds len / 4 * 3; *count receives how many were written. False: *bad_at is the offset of the first
** character that is wrong. */
KAL_API bool kal_base64_decode(kal_str text, char *out, size_t *count, size_t *bad_at);

/* Estimated number of model tokens in the text. Deterministic and the same on every machine. On English about what the
** common tokenizers count, on anything else rather more than less (tests/core/test_tokens.c has the measured table).
** For all texts: at least characters / 4; appending whole characters never lowers it;
** tokens(a "\n" b) <= tokens(a "\n") + tokens(b); 0 only for the empty text. */
KAL_API size_t kal_tokens(kal_str text);

/* What the envelope of one message costs beside its text: the same in every count of the core. */
#define KAL_MESSAGE_TOKENS 4

/* ---- Rows ---- */

/* The longest message, prompt, summary or pin, in bytes. */
#define KAL_TEXT_MAX (16u * 1024u * 1024u)
/* The longest id, name, model, role or other short field, in bytes. */
#define KAL_NAME_MAX 255u

typedef enum kal_noun {
    KAL_SESSION,
    KAL_MESSAGE,
    KAL_PERSONA,
    KAL_SUMMARY,
    KAL_PIN,
    KAL_TURN,
    KAL_MODEL,
    KAL_CARD
} kal_noun;

typedef enum kal_type { KAL_TYPE_TEXT, KAL_TYPE_INTEGER, KAL_TYPE_REAL, KAL_TYPE_BOOLEAN } kal_type;

/* One field of a row: its name (in Lua, JSON and on the command line), its type and where the
** struct holds it: kal_str, int64_t, double or bool. */
typedef struct kal_field {
    const char *name;
    kal_type type;
    size_t offset;
    bool settable; /* `set` may change it */
} kal_field;

/* The fields of a noun in the order of its KAL_..._* bits: field i has bit 1u << i.
** *count receives how many. Valid for ever. */
KAL_API const kal_field *kal_fields(kal_noun noun, size_t *count);

/*
** Rows share one convention. `has` says which fields are given: for a field of type text, data != NULL says it too. In
** `add` what is not given takes its default; in `set` what is not given stays, and a text whose bit is set while data
** is NULL becomes NULL. In rows handed out, `has` names the fields that are not NULL.
** A number that may be absent is taken away by `set` when it is given as KAL_NO_REAL or KAL_NO_INTEGER; `add` takes
** these as not given.
*/
#define KAL_BIT(n) (1u << (n))
#define KAL_NO_REAL (-1.7976931348623157e308)
#define KAL_NO_INTEGER INT64_MIN

/* A conversation. `add` needs nothing: id, times and name NULL are minted or defaulted. */
typedef struct kal_session {
    unsigned has;
    kal_str id;          /* text, minted as a UUID when absent */
    kal_str name;        /* shown in lists; need not be unique */
    kal_str model;       /* the model last used */
    kal_str recap;       /* one line about what the session holds */
    kal_str persona;     /* id of a persona; absent in add: the default of category "general" */
    kal_str created_at;  /* time */
    kal_str updated_at;  /* time of the last message or change */
    bool saved;          /* false: temporary, `cleanup` may remove it */
    kal_str archived_at; /* time; present: out of the recent list and of recall across sessions */
    /* (boundary_at, boundary_id) is the last archived message; "" and 0: none. */
    kal_str boundary_at;
    int64_t boundary_id;
    int64_t message_count; /* kept by the core, read-only */
    kal_str external_id;   /* the name of the session at its source, unique */
} kal_session;
#define KAL_SESSION_SAVED KAL_BIT(7)

/* A message. `add` needs session, role and text. */
typedef struct kal_message {
    unsigned has;
    int64_t id;              /* minted, ascending; given only by an import that keeps ids */
    kal_str session;         /* id of its session */
    kal_str role;            /* user, assistant, system or tool */
    kal_str text;            /* 1 byte to KAL_TEXT_MAX */
    kal_str model;           /* the model that wrote it */
    int64_t token_usage;     /* >= 0, as reported by the model */
    double importance_score; /* 0..1, default 0.5 */
    kal_str created_at;      /* time; absent: now, and later than every message of the session */
    kal_str external_id;     /* unique within the session: adding it again is KAL_EXISTS */
    kal_str speaker;         /* who speaks, where the role does not tell */
    kal_str score_reasons;   /* JSON: why the score is what it is */
} kal_message;
#define KAL_MESSAGE_ID KAL_BIT(0)
#define KAL_MESSAGE_TOKEN_USAGE KAL_BIT(5)
#define KAL_MESSAGE_IMPORTANCE KAL_BIT(6)

/* Who answers. `add` needs name and prompt. */
typedef struct kal_persona {
    unsigned has;
    kal_str id;     /* minted as a UUID when absent */
    kal_str name;   /* 1 byte or more */
    kal_str prompt; /* the system prompt */
    kal_str description;
    kal_str icon;
    kal_str default_model;
    kal_str suggested_models; /* JSON array of strings */
    double temperature;       /* 0..2 */
    int64_t maxTokens;        /* > 0 */
    kal_str created_at;
    kal_str updated_at;
    kal_str category;      /* at most one default persona per category */
    double topP;           /* 0..1 */
    kal_str stopSequences; /* JSON array of strings */
    double repeatPenalty;  /* > 0 */
    bool is_default;       /* setting it takes it from the category's other one */
} kal_persona;
#define KAL_PERSONA_TEMPERATURE KAL_BIT(7)
#define KAL_PERSONA_MAX_TOKENS KAL_BIT(8)
#define KAL_PERSONA_TOP_P KAL_BIT(12)
#define KAL_PERSONA_REPEAT_PENALTY KAL_BIT(14)
#define KAL_PERSONA_IS_DEFAULT KAL_BIT(15)

/* A summary of a range of messages. `add` needs session and summary. */
typedef struct kal_summary {
    unsigned has;
    kal_str id; /* minted as a UUID when absent */
    kal_str session;
    kal_str summary;          /* the text */
    int64_t message_count;    /* how many messages it covers, >= 0, default 0 */
    kal_str start_message_id; /* id of the first message covered, as text */
    kal_str end_message_id;   /* id of the last message covered, as text */
    double importance_score;  /* 0..1, default 0.7 */
    kal_str created_at;
    kal_str origin;        /* model, extract or user (default): who wrote it */
    kal_str model;         /* the model that wrote it */
    kal_str policy;        /* hash of the policy that asked for it */
    int64_t source_tokens; /* of the messages it covers */
    int64_t level;         /* 0 of messages, 1 of summaries, ... */
    kal_str parent;        /* the summary of summaries that covers it; such a one is not shown */
} kal_summary;
#define KAL_SUMMARY_MESSAGE_COUNT KAL_BIT(3)
#define KAL_SUMMARY_IMPORTANCE KAL_BIT(6)
#define KAL_SUMMARY_SOURCE_TOKENS KAL_BIT(11)

/* Something to keep in sight. `add` needs session and content. */
typedef struct kal_pin {
    unsigned has;
    kal_str id; /* minted as a UUID when absent */
    kal_str session;
    kal_str content;           /* the text */
    kal_str source_message_id; /* id of the message it came from, as text */
    double importance_score;   /* 0..1, default 0.8 */
    kal_str pin_type;          /* user, auto, manual, code, concept or system; default user */
    kal_str created_at;
} kal_pin;
#define KAL_PIN_IMPORTANCE KAL_BIT(4)

/* What was sent for one turn of a chat. `add` needs session, budget, tokens, hash and details. */
typedef struct kal_turn {
    unsigned has;
    int64_t id; /* minted, ascending */
    kal_str session;
    kal_str created_at;
    int64_t message;           /* id of the message that was new */
    int64_t reply;             /* id of the stored answer */
    int64_t budget;            /* tokens, > 0 */
    int64_t tokens;            /* as estimated */
    int64_t prompt_tokens;     /* as the model reported */
    int64_t completion_tokens; /* as the model reported */
    kal_str model;
    kal_str hash;    /* of everything that was sent */
    kal_str details; /* JSON: items, policies, settings, timings */
} kal_turn;
#define KAL_TURN_ID KAL_BIT(0)
#define KAL_TURN_MESSAGE KAL_BIT(3)
#define KAL_TURN_REPLY KAL_BIT(4)
#define KAL_TURN_BUDGET KAL_BIT(5)
#define KAL_TURN_TOKENS KAL_BIT(6)
#define KAL_TURN_PROMPT_TOKENS KAL_BIT(7)
#define KAL_TURN_COMPLETION_TOKENS KAL_BIT(8)

/* What is known of a model: how its reported tokens compare with the estimate, and how many it holds. `add` needs
** ratio and turns. */
typedef struct kal_model {
    unsigned has;
    kal_str id;       /* "provider:name" */
    double ratio;     /* reported / estimated, a running mean, 0.1..10 */
    int64_t turns;    /* that it was measured on */
    int64_t context;  /* tokens of prompt and answer together, 1..1e9; unset: not known */
    kal_str asked_at; /* when its server was asked for the context */
} kal_model;
#define KAL_MODEL_RATIO KAL_BIT(1)
#define KAL_MODEL_TURNS KAL_BIT(2)
#define KAL_MODEL_CONTEXT KAL_BIT(3)
#define KAL_MODEL_ASKED_AT KAL_BIT(4)

/* The character card that a persona came from. `add` needs all. */
typedef struct kal_card {
    unsigned has;
    kal_str id;          /* of its persona, with which it goes */
    kal_str spec;        /* v1, v2 or v3 */
    kal_str card;        /* JSON, as it came */
    kal_str prompt_hash; /* of the prompt that was made of it, as its maker names it */
} kal_card;

/* ---- Store ---- */

typedef struct kal_store kal_store;

/* What kal_store_open may be told; zero-initialise. */
typedef struct kal_options {
    bool create;    /* make the file when it is missing or empty, with mode 0600 */
    bool read_only; /* open for reading; migrates nothing */
    int busy_ms;    /* how long a writer waits for another, in ms; 0: 5000 */
    /* Detectors (KAL_REDACT_...) that are on beside those the file asks for, see kal_redaction_set. */
    unsigned redact;
    /* Never stored or sent by this store; read while opening, not kept in the file. */
    const kal_str *redact_words;
    size_t redact_word_count;
    /* The clock: milliseconds since 1970 UTC; NULL: the system's. */
    int64_t (*now)(void *context);
    /* The source of ids: writes 36 characters and a NUL; NULL: libuuid. */
    void (*uuid)(void *context, char out[37]);
    /* Told now and then, while many messages are taken into the search index (migrating, rebuilding, catching up with
    ** another program), how far that is, by ids; the last call says done == total. It must not use the store. NULL:
    ** nobody is told. */
    void (*progress)(void *context, int64_t done, int64_t total);
    void *context;
} kal_options;

/* Opens the database at `path`, or a private one in memory for ":memory:". `path` is a file name,
** never a URI. An older file is migrated in one transaction. `options` may be NULL.
** Codes: NOT_FOUND (missing and not `create`), NOT_KALITO, TOO_NEW, READONLY, BUSY, CORRUPT, FULL,
** IO, NOMEM. On success *out is a handle to close with kal_store_close. */
KAL_API kal_code kal_store_open(const char *path, const kal_options *options, kal_store **out,
                                kal_err *err);

/* Closes the store; an open transaction is rolled back. NULL is harmless. */
KAL_API void kal_store_close(kal_store *store);

/* One transaction around several calls: what they acknowledge is durable when kal_store_commit returns KAL_OK. A call
** that fails with KAL_MISUSE, KAL_NOT_FOUND or KAL_EXISTS leaves the transaction usable; after any other failure commit
** refuses and rolls back. Not nestable (MISUSE). */
KAL_API kal_code kal_store_begin(kal_store *store, kal_err *err);
KAL_API kal_code kal_store_commit(kal_store *store, kal_err *err);
/* Drops what was done since kal_store_begin; harmless without one. */
KAL_API void kal_store_rollback(kal_store *store);
/* The same for reading: until kal_store_commit or kal_store_rollback every call sees the file as it is at the
** first of them, while others may write. What writes is KAL_MISUSE meanwhile. */
KAL_API kal_code kal_store_begin_read(kal_store *store, kal_err *err);

/* Makes a running call return KAL_INTERRUPTED soon. May be called from a signal handler or another
** thread while the store is open. */
KAL_API void kal_store_interrupt(kal_store *store);

/* The time now by the store's clock, in the form the core writes: 24 characters and a NUL. */
KAL_API void kal_store_now(kal_store *store, char out[25]);

/* What the file is and holds. Sizes in bytes. */
typedef struct kal_store_info {
    kal_str path;       /* as opened */
    int schema_version; /* PRAGMA user_version */
    bool read_only;
    kal_str journal_mode;
    int64_t file_size; /* the database file */
    int64_t wal_size;  /* its write-ahead log, 0 when there is none */
    int64_t free_size; /* pages in the file that hold nothing */
    int migrated_from; /* the schema that opening it migrated from, 0 for a file of the original; -1: up to date */
    kal_str migration_backup; /* the backup that was made before, or absent */
} kal_store_info;
KAL_API kal_code kal_store_stat(kal_store *store, kal_store_info *out, kal_err *err);
/* migrated_from, without looking at the file. */
KAL_API int kal_store_migrated(const kal_store *store);

/* ---- Redaction ---- */

/*
** Secrets that a store neither keeps nor sends. What users and models write is redacted before it is stored: the texts
** and speakers of messages, summaries, pins, names and recaps of sessions, prompts and descriptions of personas, and
** the strings inside score_reasons, details of turns and cards; and again in every context that is built: its new text,
** and rows from before. `add` leaves the row as it was stored. Ids, external ids, models and times are names and stay.
** A row that is stored has lost its secret for good; a hash that was made of a text before (of an import, in the trace)
** stays. Programs that are not kalito store what they like: kal_redaction_apply mends that. */
typedef struct kal_redaction {
    unsigned kept; /* detectors that the file asks for */
    /* Those that are on: with the options of this opening, and KAL_REDACT_WORD for words. */
    unsigned detectors;
    size_t words; /* how many words */
} kal_redaction;
KAL_API kal_code kal_redaction_get(kal_store *store, kal_redaction *out, kal_err *err);
/* What the file asks for, of all who open it, from now on: KEY, CARD, EMAIL, PHONE; 0: nothing. Rows that are there stay
** as they are. Codes: MISUSE, and those of writing. */
KAL_API kal_code kal_redaction_set(kal_store *store, unsigned detectors, kal_err *err);
/* The text as it would be stored, for what goes to a model or a log on another way than kal_context_build; and a JSON
** text, which stays one, with its strings so. *out is the text itself, or borrowed until the next call. */
KAL_API kal_code kal_redaction_text(kal_store *store, kal_str text, kal_str *out, kal_err *err);
KAL_API kal_code kal_redaction_json(kal_store *store, kal_str json, kal_str *out, kal_err *err);
/* How many rows hold what is to be redacted: from before, or from another program. Reads everything. */
KAL_API kal_code kal_redaction_count(kal_store *store, int64_t *count, kal_err *err);
/* Redacts these rows, and removes what they were for good, as kal_session_forget does; *count: how many.
** Vectors of changed messages go. Codes: BUSY (also: done, but others still read the log), MISUSE (in a
** transaction), and those of writing. */
KAL_API kal_code kal_redaction_apply(kal_store *store, int64_t *count, kal_err *err);

/* ---- Other tables ---- */

/* Something in the file that kalito neither made nor reads, but leaves as it is. */
typedef struct kal_foreign {
    kal_str kind; /* "table", "view", "trigger", or "column" of one of our tables */
    kal_str name; /* "health", "messages.mood" */
} kal_foreign;
/* What is foreign in the file, by kind and name. Fills at most `capacity` rows; *count receives how many there
** are. */
KAL_API kal_code kal_store_foreign(kal_store *store, kal_foreign *rows, size_t capacity,
                                   size_t *count, kal_err *err);

/* ---- Care ---- */

#define KAL_PATH_MAX 4096

/* One line about a file, and the command that mends it. No control characters. */
typedef struct kal_remark {
    bool wrong; /* something to mend; false: good to know */
    char what[400];
    char mend[120]; /* "" when there is nothing to do */
} kal_remark;

/* Room for remarks. `count` may pass `capacity`: then the rest is only counted. */
typedef struct kal_report {
    kal_remark *rows;
    size_t capacity;
    size_t count, wrong; /* out: lines, and those of them that are wrong; zero-initialise */
} kal_report;

/* What opening the file would do to it, line by line; then does it, unless options->read_only. An older file, or
** one of the original, is first copied: to a verified backup beside it. A file that is up to date gives no line.
** Codes: those of kal_store_open. */
KAL_API kal_code kal_store_migrate(const char *path, const kal_options *options, kal_report *steps,
                                   kal_err *err);

/* A backup: a whole database in one file, for reading or for kal_store_restore. */
typedef struct kal_backup {
    char path[KAL_PATH_MAX];
    /* Of the database it was made from; "" for one that kalito had not adopted yet. */
    char store_id[40];
    char created_at[25]; /* as its name says, or "" */
    int schema_version;
    int64_t size; /* bytes */
    int64_t sessions, messages, personas, summaries, pins;
    int64_t orphans;            /* rows without their session: they were so before */
    int64_t copy_ms, verify_ms; /* how long it took */
} kal_backup;

/* Copies the database as it is at this moment, while others may go on writing, to a temporary name in the target's
** folder; verifies it (structure, links, row counts), makes it durable and gives it its name. `target` is a folder,
** where the name is made of the database's, the time and a check of the content, or a new file. An open transaction
** of the store is not in it. Codes: EXISTS (the file is there already), NOT_FOUND (no such folder), CORRUPT (the
** database is damaged: no backup was made), FULL, IO, INTERRUPTED, BUSY, MISUSE (in a transaction, in memory). */
KAL_API kal_code kal_store_backup(kal_store *store, const char *target, kal_backup *out,
                                  kal_err *err);
/* What a backup holds, without verifying it. */
KAL_API kal_code kal_backup_get(const char *path, kal_backup *out, kal_err *err);
/* The same after reading all of it: CORRUPT says what is wrong. */
KAL_API kal_code kal_backup_verify(const char *path, kal_backup *out, kal_err *err);
/* What to restore; zero-initialise. */
typedef struct kal_restore {
    const char *path;           /* the database */
    const char *backup;         /* what it shall be */
    bool other;                 /* also a backup of another database */
    const kal_options *options; /* clock and busy_ms; may be NULL */
} kal_restore;
/* Makes the database what the backup is, in one transaction: one that is interrupted leaves the old database. The
** backup is verified first. What was there is kept beside it: *kept says where (its path is "" when nothing was there).
** The caller has the database open nowhere. Codes: BUSY (others have it open), REFUSED (it is a backup of another
** database), CORRUPT (the backup is damaged), and those of writing. */
KAL_API kal_code kal_store_restore(const kal_restore *what, kal_backup *kept, kal_err *err);

/* How closely to look: at the structure of the file and at sessions, personas and summaries; also at every message and
** pin; also at all indexes, and the search index, against the rows. */
typedef enum kal_check { KAL_CHECK_QUICK, KAL_CHECK_ROWS, KAL_CHECK_FULL } kal_check;
/* Is everything as it should be? Every remark is one line with the command that mends it; report->wrong is 0 when all
** is well. Damage is a remark, no failure. Changes nothing. Codes: those of reading. */
KAL_API kal_code kal_store_check(kal_store *store, kal_check level, kal_report *report,
                                 kal_err *err);

enum {
    /* Make anew what can be derived: search index, counts, times, lost sessions. */
    KAL_OPTIMIZE_REBUILD = 1,
    /* An index of messages by importance: every message added then costs more. */
    KAL_OPTIMIZE_IMPORTANCE = 2,
    /* Make all indexes of the tables anew. */
    KAL_OPTIMIZE_REINDEX = 4,
    /* Put numbers that are out of their range at its end, and what is no number at its default. */
    KAL_OPTIMIZE_VALUES = 8
};
/* Merges the search index, lets the engine look at its statistics, packs the file when that pays, writes the log
** back. `what`: of the bits above. The report says what was gained. Codes: those of writing. */
KAL_API kal_code kal_store_optimize(kal_store *store, unsigned what, kal_report *report,
                                    kal_err *err);

/* Sets the journal to "wal" or "delete" for good. Codes: BUSY (others have the database open), MISUSE, READONLY. */
KAL_API kal_code kal_store_journal(kal_store *store, const char *mode, kal_err *err);

/* What to forget; zero-initialise. */
typedef struct kal_forget {
    kal_str session; /* id; absent: of all sessions, and `like` is needed */
    /* Rows that hold this text (at least 3 bytes), in any case (see Word sets); absent: the whole session. */
    kal_str like;
} kal_forget;
/* Removes content for good: from rows, search index, free pages and log; *count: rows removed or emptied. Backups still
** hold it, and prompts of personas. Writes the whole file anew. Where that fails after the rows are gone, the error says
** so; the next such call, or kal_store_optimize, does the rest. Codes: NOT_FOUND, BUSY (also: done, but others still
** read the log), MISUSE, and those of writing. */
KAL_API kal_code kal_session_forget(kal_store *store, const kal_forget *what, int64_t *count,
                                    kal_err *err);

/* A row that would be forgotten; borrowed until the next call. */
typedef struct kal_holder {
    /* message, pin, summary, undone summary, rejected pin, turn; recap or name of a session */
    kal_str kind;
    kal_str id, session;
    kal_str text; /* its beginning, at most 4000 characters */
} kal_holder;
typedef struct kal_holders {
    kal_holder *rows;
    size_t capacity;
    size_t count; /* out; may pass `capacity`: then the rest is only counted */
} kal_holders;
/* What kal_session_forget would find with this `like`. Codes: MISUSE, and those of reading. */
KAL_API kal_code kal_session_holders(kal_store *store, const kal_forget *what, kal_holders *out,
                                     kal_err *err);

/* Makes a new database at `good` of what can still be read of the file at `bad`, which is only read: page by page, without
** the engine, from a private copy beside `good`. The report says per table what was saved, and how many messages are
** missing that the index names. Codes: EXISTS (`good` is there), NOT_FOUND, NOT_KALITO (`bad` holds no page), and those
** of writing. */
KAL_API kal_code kal_store_recover(const char *bad, const char *good, kal_report *report,
                                   kal_err *err);

/* A value of a table of any program. */
typedef enum kal_kind { KAL_NULL, KAL_INTEGER, KAL_REAL, KAL_TEXT, KAL_BLOB } kal_kind;
typedef struct kal_value {
    kal_kind kind;
    int64_t integer;
    double real;
    kal_str text; /* of a text, or the bytes of a blob */
} kal_value;

/* What to read with raw SQL; zero-initialise. */
typedef struct kal_sql {
    /* One statement that only reads: SELECT, EXPLAIN, or one of the reading PRAGMAs. */
    kal_str text;
    const kal_value *values;  /* parameters, in their order; `names` NULL: for ?1, ?2 ... */
    const char *const *names; /* names of the parameters, without their mark */
    size_t count;
    int64_t limit; /* rows, 0: 100,000; more of them are KAL_REFUSED */
    int ms;        /* how long it may take; 0: 10,000 */
} kal_sql;

/* Rows, one after the other; all of it is borrowed until the next call on the store. */
typedef struct kal_rows {
    size_t columns, count;
    const kal_str *names;
    const kal_value *values; /* columns * count */
} kal_rows;

/* Reads with raw SQL, on a connection of its own that can change nothing: it sees what is committed. In a store in
** memory it is the store's own. Codes: MISUSE (the SQL, or a parameter), REFUSED (it would write, or read what is no
** table, or has more rows than the limit or more than 64 MiB), INTERRUPTED (time), and those of reading. */
KAL_API kal_code kal_store_sql(kal_store *store, const kal_sql *query, kal_rows *out, kal_err *err);

/* Any text as a time in the core's form. False when it is none. */
KAL_API bool kal_time_parse(kal_str text, char out[25]);

/* ---- Finding rows ---- */

typedef enum kal_order {
    /* Messages, summaries: oldest; sessions: newest; pins: importance; personas: name. */
    KAL_ORDER_DEFAULT,
    KAL_ORDER_OLDEST,    /* by time ascending; messages of all sessions together: by id */
    KAL_ORDER_NEWEST,    /* by time descending; sessions by updated_at */
    KAL_ORDER_IMPORTANCE /* by importance descending, then newest */
} kal_order;

typedef enum kal_scope { KAL_SCOPE_ALL, KAL_SCOPE_LIVE, KAL_SCOPE_ARCHIVED } kal_scope;

/* Which rows; zero-initialised: all of them. A condition that the noun does not have is KAL_MISUSE. */
typedef struct kal_filter {
    kal_str session;       /* messages, summaries, pins: id of their session */
    kal_str role;          /* messages */
    kal_str pin_type;      /* pins */
    kal_str persona;       /* sessions: id of the persona */
    kal_str category;      /* personas */
    kal_str name;          /* sessions, personas: exact name */
    kal_str id_prefix;     /* sessions, personas: ids that begin so */
    kal_str since;         /* created_at >= this (sessions: updated_at) */
    kal_str before;        /* created_at < this (sessions: updated_at) */
    double min_importance; /* messages, summaries, pins: importance >= this, 0..1 */
    int64_t limit;         /* at most so many rows; 0: no limit */
    kal_order order;
    kal_scope scope; /* sessions, messages: archived or not */
    int saved;       /* sessions: 1 saved, -1 temporary, 0 both */
} kal_filter;

/* Where a search stands: zero-initialise with `capacity`, pass the same one again for the next rows. It holds no
** resource, so it may be dropped at any time. Rows that are added meanwhile are not visited. */
typedef struct kal_page {
    size_t capacity; /* in: how many rows the caller's array holds, >= 1 */
    size_t count;    /* out: rows filled; 0 with done: there are no more */
    bool done;       /* out: this was the last page */
    /* private from here on */
    bool started;
    int64_t left, key_id, end_id;
    double key_score;
    char key_text[KAL_NAME_MAX + 1], key_name[KAL_NAME_MAX + 1];
} kal_page;

/* ---- Nouns ---- */

/*
** add    stores *row; fills in what was minted or defaulted. Codes: MISUSE, NOT_FOUND (its session
**        or persona), EXISTS, and those of writing: BUSY, READONLY, FULL, IO, CORRUPT, NOMEM,
**        INTERRUPTED.
** get    fills *out with the row of that id, or NOT_FOUND.
** set    changes the given fields of the row with row->id. MISUSE names a field that cannot be set.
** del    removes the row, and what belongs to it. NOT_FOUND.
** find   fills `rows` with the next page of what `filter` (NULL: all) selects, as often as it is
**        called with the same page. A page ends early when its texts pass 1 MiB.
** count  how many rows the filter selects, `limit` and `order` aside.
*/
KAL_API kal_code kal_session_add(kal_store *store, kal_session *row, kal_err *err);
KAL_API kal_code kal_session_get(kal_store *store, kal_str id, kal_session *out, kal_err *err);
KAL_API kal_code kal_session_set(kal_store *store, const kal_session *row, kal_err *err);
KAL_API kal_code kal_session_del(kal_store *store, kal_str id, kal_err *err);
KAL_API kal_code kal_session_find(kal_store *store, const kal_filter *filter, kal_session *rows,
                                  kal_page *page, kal_err *err);
KAL_API kal_code kal_session_count(kal_store *store, const kal_filter *filter, int64_t *out,
                                   kal_err *err);
/* The session that has this external id. NOT_FOUND. */
KAL_API kal_code kal_session_get_external(kal_store *store, kal_str external_id, kal_session *out,
                                          kal_err *err);

KAL_API kal_code kal_message_add(kal_store *store, kal_message *row, kal_err *err);
KAL_API kal_code kal_message_get(kal_store *store, int64_t id, kal_message *out, kal_err *err);
KAL_API kal_code kal_message_set(kal_store *store, const kal_message *row, kal_err *err);
KAL_API kal_code kal_message_del(kal_store *store, int64_t id, kal_err *err);
KAL_API kal_code kal_message_find(kal_store *store, const kal_filter *filter, kal_message *rows,
                                  kal_page *page, kal_err *err);
KAL_API kal_code kal_message_count(kal_store *store, const kal_filter *filter, int64_t *out,
                                   kal_err *err);
/* The message of a session that has this external id. NOT_FOUND. */
KAL_API kal_code kal_message_get_external(kal_store *store, kal_str session, kal_str external_id,
                                          kal_message *out, kal_err *err);

KAL_API kal_code kal_persona_add(kal_store *store, kal_persona *row, kal_err *err);
KAL_API kal_code kal_persona_get(kal_store *store, kal_str id, kal_persona *out, kal_err *err);
KAL_API kal_code kal_persona_set(kal_store *store, const kal_persona *row, kal_err *err);
/* REFUSED for a default persona. The sessions of the deleted one get the default persona of its
** category, or else of "general", or none. */
KAL_API kal_code kal_persona_del(kal_store *store, kal_str id, kal_err *err);
KAL_API kal_code kal_persona_find(kal_store *store, const kal_filter *filter, kal_persona *rows,
                                  kal_page *page, kal_err *err);
KAL_API kal_code kal_persona_count(kal_store *store, const kal_filter *filter, int64_t *out,
                                   kal_err *err);

KAL_API kal_code kal_summary_add(kal_store *store, kal_summary *row, kal_err *err);
KAL_API kal_code kal_summary_get(kal_store *store, kal_str id, kal_summary *out, kal_err *err);
KAL_API kal_code kal_summary_set(kal_store *store, const kal_summary *row, kal_err *err);
KAL_API kal_code kal_summary_del(kal_store *store, kal_str id, kal_err *err);
KAL_API kal_code kal_summary_find(kal_store *store, const kal_filter *filter, kal_summary *rows,
                                  kal_page *page, kal_err *err);
KAL_API kal_code kal_summary_count(kal_store *store, const kal_filter *filter, int64_t *out,
                                   kal_err *err);

/* Stores a summary of the messages from start_message_id to end_message_id and archives them, in one transaction. The
** range begins with the session's first live message and ends with a live one: so that ranges neither overlap nor leave
** gaps. Counts the messages, and gives the session its first line as recap. EXISTS: another process was first. MISUSE:
** no such range. */
KAL_API kal_code kal_summary_make(kal_store *store, kal_summary *row, kal_err *err);
/* Takes back the newest summary that archived messages: they are live again, and it waits to be made again.
** *out is the summary. NOT_FOUND: there is none; REFUSED: a summary of summaries covers it. */
KAL_API kal_code kal_summary_undo(kal_store *store, kal_str session, kal_summary *out,
                                  kal_err *err);
/* Makes the summary again that was undone last. NOT_FOUND: there is none, or its range is no longer live. */
KAL_API kal_code kal_summary_redo(kal_store *store, kal_str session, kal_summary *out,
                                  kal_err *err);
/* Stores a summary of `count` summaries of one session (at least two, oldest first, one after the other), which then
** have it as parent. MISUSE, NOT_FOUND, EXISTS: one has a parent already. */
KAL_API kal_code kal_summary_merge(kal_store *store, kal_summary *row, const kal_str *children,
                                   size_t count, kal_err *err);

KAL_API kal_code kal_turn_add(kal_store *store, kal_turn *row, kal_err *err);
KAL_API kal_code kal_turn_get(kal_store *store, int64_t id, kal_turn *out, kal_err *err);
KAL_API kal_code kal_turn_set(kal_store *store, const kal_turn *row, kal_err *err);
KAL_API kal_code kal_turn_del(kal_store *store, int64_t id, kal_err *err);
KAL_API kal_code kal_turn_find(kal_store *store, const kal_filter *filter, kal_turn *rows,
                               kal_page *page, kal_err *err);
KAL_API kal_code kal_turn_count(kal_store *store, const kal_filter *filter, int64_t *out,
                                kal_err *err);

KAL_API kal_code kal_model_add(kal_store *store, kal_model *row, kal_err *err);
KAL_API kal_code kal_model_get(kal_store *store, kal_str id, kal_model *out, kal_err *err);
KAL_API kal_code kal_model_set(kal_store *store, const kal_model *row, kal_err *err);
KAL_API kal_code kal_model_del(kal_store *store, kal_str id, kal_err *err);
KAL_API kal_code kal_model_find(kal_store *store, const kal_filter *filter, kal_model *rows,
                                kal_page *page, kal_err *err);
KAL_API kal_code kal_model_count(kal_store *store, const kal_filter *filter, int64_t *out,
                                 kal_err *err);

KAL_API kal_code kal_card_add(kal_store *store, kal_card *row, kal_err *err);
KAL_API kal_code kal_card_get(kal_store *store, kal_str id, kal_card *out, kal_err *err);
KAL_API kal_code kal_card_set(kal_store *store, const kal_card *row, kal_err *err);
KAL_API kal_code kal_card_del(kal_store *store, kal_str id, kal_err *err);
KAL_API kal_code kal_card_find(kal_store *store, const kal_filter *filter, kal_card *rows,
                               kal_page *page, kal_err *err);
KAL_API kal_code kal_card_count(kal_store *store, const kal_filter *filter, int64_t *out,
                                kal_err *err);

KAL_API kal_code kal_pin_add(kal_store *store, kal_pin *row, kal_err *err);
KAL_API kal_code kal_pin_get(kal_store *store, kal_str id, kal_pin *out, kal_err *err);
KAL_API kal_code kal_pin_set(kal_store *store, const kal_pin *row, kal_err *err);
KAL_API kal_code kal_pin_del(kal_store *store, kal_str id, kal_err *err);
KAL_API kal_code kal_pin_find(kal_store *store, const kal_filter *filter, kal_pin *rows,
                              kal_page *page, kal_err *err);
KAL_API kal_code kal_pin_count(kal_store *store, const kal_filter *filter, int64_t *out,
                               kal_err *err);
/* Deletes a pin and remembers its content: what was suggested and rejected is not to be suggested again. NOT_FOUND. */
KAL_API kal_code kal_pin_reject(kal_store *store, kal_str id, kal_err *err);
/* The contents that were rejected in a session, the latest first. Fills at most `capacity`; *count receives how many
** were filled. */
KAL_API kal_code kal_pin_rejected(kal_store *store, kal_str session, kal_str *out, size_t capacity,
                                  size_t *count, kal_err *err);

/* ---- Statistics ---- */

#define KAL_STATS_BINS 10
#define KAL_STATS_MODELS 32

/* What one model has written and used. */
typedef struct kal_usage {
    char model[KAL_NAME_MAX + 1]; /* cut to fit; "" for those that found no place in the list */
    int64_t messages;
    int64_t tokens; /* sum of token_usage */
} kal_usage;

/* Figures of a store, or of one session. All counts are exact; tokens are kal_tokens of every text. */
typedef struct kal_stats {
    int64_t sessions;           /* 1 for a session */
    int64_t sessions_archived;  /* those with a date of archiving */
    int64_t sessions_temporary; /* those not saved */
    int64_t personas;           /* of the store, also for a session */
    int64_t summaries, pins;
    int64_t messages;
    int64_t user, assistant, system, tool; /* messages by role */
    int64_t archived;                      /* messages up to the boundary of their session */
    int64_t bytes, tokens;                 /* of the texts of messages */
    /* Of the messages of a session behind its boundary, with KAL_MESSAGE_TOKENS each; 0 for a store. */
    int64_t tokens_live;
    int64_t tokens_used;         /* sum of token_usage */
    char oldest[25], newest[25]; /* times of messages; "" when there are none */
    /* Messages with a score in [i / 10, (i + 1) / 10); 1 is in the last. */
    int64_t importance[KAL_STATS_BINS];
    /* Messages that name a model, in order of first appearance. */
    size_t usage_count;
    kal_usage usage[KAL_STATS_MODELS];
} kal_stats;

/* Reads every message of the session, or of the store when `session` is absent, once: about a second for a
** million. NOT_FOUND. */
KAL_API kal_code kal_stats_get(kal_store *store, kal_str session, kal_stats *out, kal_err *err);

/* ---- Recall ---- */

/* What recall knows of a language, as texts: see scripts/words/english.lua for each list's form. Absent lists are
** empty. Borrowed for the call. */
typedef struct kal_word_lists {
    kal_str stop, asked, forms, related, ask_when, time_words, first_person, you_said, look_up,
        openers, months, past, numbers;
} kal_word_lists;

/* Gives the store its word lists, until it is closed. Without them recall knows no language: it still finds
** words, names and neighbours. MISUSE: a list is not valid UTF-8. */
KAL_API kal_code kal_recall_words(kal_store *store, const kal_word_lists *lists, kal_err *err);
KAL_API bool kal_recall_has_words(const kal_store *store);

/* The constants of the ranking, all >= 0; 0 switches an ingredient off. The default and its reason; what each is
** worth was measured, see core/README.md. */
typedef struct kal_weights {
    /* BM25 over a message that is widened by its neighbours' words */

    double k1; /* 1.2: the usual value; 1.0 to 1.5 are the same within noise */
    /* 0.5, among people: messages are short and of one topic: half the usual penalty of length. */
    double b;
    /* 0.75, in chats with an assistant: long answers ramble, and so do requests: the usual one. */
    double b_assistant;
    double idf_power; /* 1.5: rare words decide; long chat messages are full of middling ones */
    /* 1.0 more for a word of the query with a capital inside a sentence: as if it stood there twice. */
    double proper;
    double question; /* 0.3 more for a word of a sentence that asks: the others lead up to it */

    /* How much a neighbour's words count, as shares of how often they stand there */

    /* 0.3: the message before, of the same kind: an answer goes on with its question. */
    double before;
    /* 0.7 more when that one is a question: then as if its words stood here. */
    double before_question;
    double after; /* 0.1: the message after: the other way it holds less */
    /* 0.2: two away, if the same person speaks there; half of it four away. As spread2, nothing in a chat with an
    ** assistant when something is looked up: another request is of something else. */
    double same2;
    /* 0.2 more when a question of the other one stands between: "and then?" */
    double same2_question;

    /* Shares of scores */

    double spread2; /* 0.1: of those two away: not saturated as words are */
    /* 0.3: of the assistant's answer, for the message of the user that it answers. */
    double answer;
    /* 0.3: of the session's own BM25, as far as it stands out: questions of categories are answered all over one. */
    double session;
    /* 0.3: how much an assistant's words count for their session: he says three times as many. */
    double session_assistant;
    double proximity; /* 0.2: the query's words within eight words */

    /* What the query says of its answer: factors of 1 + this */

    double speaker; /* 0.6: who is named speaks */
    /* 0.3 more when he speaks of himself; for the user too, who asks about himself. */
    double first_person;
    double when; /* 0.3: asked for a time: words of time */
    double date; /* 0.8: parts of the date are equal, or it was "last week" */
    double day;  /* 0.6: of the best score, for the messages of a full date */
    /* 0.3 less for an assistant's message: the user knows what happened to him. */
    double assistant;
    /* 0.2 less, in a look-up, for a message that is mostly a question: its answer tells what it asks. */
    double asking;
    double
        asking_assistant; /* 0.4 less, in its place, in a chat with an assistant: requests are questions there */

    /* A turn of a chat with an assistant, no bare question: it goes on with something */

    double opening;       /* 0.25, always: the first message of a session names its topic */
    double opening_share; /* 0.4: of the best of its session, for the opening */
    double recent;        /* 1.0: for the newest session, */
    double recent_half;   /* 10: half of it ten sessions ago */

    /* Words that mean something near, in short queries */

    double related;  /* 0.2: of the same group */
    double category; /* 0.5: the query names the category, the message the thing */
} kal_weights;
KAL_API kal_weights kal_weights_default(void);

/* What to find; zero-initialise. */
typedef struct kal_query {
    kal_str text; /* a question, some words, or the next turn of a chat; 1 byte to KAL_TEXT_MAX */
    const kal_str *sessions; /* ids; NULL: all sessions that are not archived */
    size_t session_count;
    int64_t limit;   /* 1..1000 */
    int64_t budget;  /* > 0: only what fits together into so many tokens, best first */
    int64_t without; /* a message that is not to be found: the query itself, when it is stored */
    kal_str now;     /* time: what was said after it is not found; absent: everything may be */
    /* time: when it is asked, for "last week" in it, in days of UTC; absent: `now`, or else the store's clock */
    kal_str asked;
    /* Of messages so much alike (kal_text_similar, 0..1), and of an assistant's that only repeats another, one is
    ** handed out at the place of the best: the newest, or what the assistant repeats. 0: all are. */
    double similar;
    /* Messages that are handed out in any case, behind the others and with the score 0, `limit` of them at most: ids. */
    const int64_t *also;
    size_t also_count;
    const kal_weights *weights; /* NULL: the default */
} kal_query;

/* A message that was found. The row is borrowed until the next call on the store. */
typedef struct kal_hit {
    kal_message message;
    double
        score; /* > 0, or 0 of one that is handed out in any case; comparable within one answer only */
    /* The part of it that comes from the session as a whole, not from the message: 0..score. */
    double lent;
    kal_str reasons; /* JSON: [["words","boiler manual"],["speaker",0.6],...] */
    /* What makes it readable, 0 none: the message that it answers (the nearest of the three before it that is by
    ** somebody else, when this is an assistant's or that ends in a question mark), or of a question that is no
    ** assistant's the answer (the first of the two after it by somebody else). Not told of vectors' hits. */
    int64_t question, answer;
    const int64_t *copies; /* messages that say the same and are not handed out: ids, ascending */
    size_t copy_count;
} kal_hit;

/* Ranks the messages of the whole history, archived ones too, by how well they answer the query: by their words
** and those of their neighbours, speaker, session, date and age. `hits` has room for `limit` and also_count rows; *count
** receives how many there are, best first. A query without a word that is anywhere gives none. Codes: MISUSE, NOT_FOUND (a
** session), and those of reading. */
KAL_API kal_code kal_recall_find(kal_store *store, const kal_query *query, kal_hit *hits,
                                 size_t *count, kal_err *err);

/* ---- Vectors ---- */

/* The most numbers in a vector. */
#define KAL_DIMENSION_MAX 8192

/* A message's vector: what a model makes of its text. Stored in one byte a number, by its direction alone. */
typedef struct kal_vector {
    int64_t message;     /* id */
    kal_str model;       /* the name of the model, 1..KAL_NAME_MAX bytes */
    const float *values; /* finite, not all 0 */
    size_t dimension;    /* how many: 1..KAL_DIMENSION_MAX */
    kal_str text;        /* the message's text that the model was given; absent: not compared */
} kal_vector;

/* Stores a message's vector in the place of the one it has. A text that changes later loses it. Codes: MISUSE;
** NOT_FOUND: no such message, or it has another text than `text` by now; EXISTS: the model's vectors have another
** dimension, see kal_vector_del; and those of writing. */
KAL_API kal_code kal_vector_set(kal_store *store, const kal_vector *row, kal_err *err);
/* Removes all vectors of a model, or of every model when it is absent. */
KAL_API kal_code kal_vector_del(kal_store *store, kal_str model, kal_err *err);
/* How many vectors there are of a model, or of every model when it is absent. */
KAL_API kal_code kal_vector_count(kal_store *store, kal_str model, int64_t *out, kal_err *err);

/* Which messages have no vector; zero-initialise. */
typedef struct kal_missing {
    kal_str model;
    int64_t after; /* ids above this one */
    int64_t limit; /* at most so many, >= 1 */
} kal_missing;
/* The ids of messages that have a text and no vector of the model, ascending. `ids` has room for `limit`; *count
** receives how many there are. */
KAL_API kal_code kal_vector_missing(kal_store *store, const kal_missing *query, int64_t *ids,
                                    size_t *count, kal_err *err);

/* What to look near; zero-initialise. */
typedef struct kal_near {
    kal_str model;
    const float *values;     /* the query as the model sees it */
    size_t dimension;        /* vectors of another one are not compared */
    const kal_str *sessions; /* ids; NULL: all sessions that are not archived */
    size_t session_count;
    int64_t limit;   /* 1..1000 */
    int64_t without; /* a message that is not to be found */
} kal_near;

/* The messages whose vectors are nearest, compared with every one; the score is the cosine, -1..1, and there are no
** reasons. The store keeps vectors in memory from the first call on, up to 256 MiB; more than that are read each
** time. Codes: MISUSE, NOT_FOUND (a session), and those of reading. */
KAL_API kal_code kal_vector_find(kal_store *store, const kal_near *query, kal_hit *hits,
                                 size_t *count, kal_err *err);

/* ---- Search ---- */

/* The bytes [from, to) of a text. */
typedef struct kal_span {
    size_t from, to;
} kal_span;

/* What to search for; zero-initialise. */
typedef struct kal_search {
    /* Words, all of which must be there (in any form that the stemmer joins), "phrases", beginnings* of words, -words
    ** and -"phrases" that must not be there, alternatives with OR between them; and the filters role:ROLE,
    ** session:ID-OR-NAME, since:TIME, before:TIME, importance>NUMBER and importance>=NUMBER. 1 byte to 64 KiB. */
    kal_str text;
    const kal_str *sessions; /* ids; NULL: all sessions, archived ones too */
    size_t session_count;
    int64_t limit; /* 1..1000 */
    int64_t width; /* characters of a text to show; 0: 160 */
} kal_search;

/* Something that was found; texts and spans are borrowed until the next call on the store. */
typedef struct kal_found {
    kal_noun noun; /* message, pin or summary */
    kal_str id;    /* of its row; of a message as decimal number */
    kal_str session, created_at, text;
    kal_str role, speaker; /* of a message */
    double importance_score;
    double score;          /* BM25; comparable within one answer only */
    const kal_span *spans; /* where the words stand in the text, ascending */
    size_t span_count;
    kal_span part; /* the part of the text that shows them best */
} kal_found;

/* Finds the messages, archived ones too, pins and summaries that fit, best first. `rows` has room for `limit`;
** *count receives how many there are. Codes: MISUSE (the message names the place in the text, as the number of a
** character), NOT_FOUND (a session), and those of reading. */
KAL_API kal_code kal_search_find(kal_store *store, const kal_search *search, kal_found *rows,
                                 size_t *count, kal_err *err);

/* ---- The search index ---- */

/* Something that is not as it should be. */
typedef struct kal_finding {
    kal_str what; /* "message 12 is not in the index" */
} kal_finding;

/* Compares the search index and the records of recall with the rows: every message, pin and summary is in it once,
** with its present words, and nothing else is. Fills at most `capacity` rows; *count receives how many findings there
** are. Reads everything: some seconds for 100,000 messages. The texts are borrowed until the next call. */
KAL_API kal_code kal_index_check(kal_store *store, kal_finding *rows, size_t capacity,
                                 size_t *count, kal_err *err);
/* Makes index and records anew from the rows, in one transaction, also when they are damaged. Counts of messages in
** sessions are made exact, too. */
KAL_API kal_code kal_index_rebuild(kal_store *store, kal_err *err);

/* ---- Context ---- */

typedef enum kal_part {
    KAL_PART_PERSONA,
    KAL_PART_PIN,
    KAL_PART_SUMMARY,
    KAL_PART_RECALLED,
    KAL_PART_RECENT,
    KAL_PART_NEW
} kal_part;
#define KAL_PARTS 6

/* "persona", "pin", "summary", "recalled", "recent" or "new". */
KAL_API const char *kal_part_name(kal_part part);

/* How one part of a context is filled. */
typedef struct kal_share {
    int64_t limit; /* at most so many rows are candidates, 0..1000 */
    /* At most this part of what the fixed parts leave of the budget, 0..1. Of recalled messages: at least this part,
    ** which the recent ones leave for them; they also get what those do not need. */
    double share;
    /* Rows below it are not taken, 0..1. Of recalled messages: those whose own score (without `lent`) is less than this
    ** part of the best one. */
    double min_importance;
} kal_share;

/* How a context is filled: pins first, then summaries, then the recent messages, which leave the recalled ones their
** share, and these with all that is left. */
typedef struct kal_plan {
    kal_share pin, summary, recalled, recent;
    /* The recent part drops its oldest so many at a time, 1..100: providers cache prefixes. */
    int64_t block;
    /* How much the length of recalled messages counts, 0..1: they are taken in the order of score / tokens^brevity. 0: the
    ** best first; 1: those that hold most for their tokens. 0.2: a message ten times as long must be 1.6 times as good. */
    double brevity;
} kal_plan;

/* The original's plan: 10 pins, 3 summaries, 20 recent messages; blocks of 4. With up to 60 recalled ones, which may
** have half of the budget, and what is left of it. */
KAL_API kal_plan kal_plan_default(void);

/* A message found by recall, best first. */
typedef struct kal_recalled {
    int64_t id;
    double score;
    double lent;     /* see kal_hit */
    kal_str reasons; /* JSON, may be absent */
    int64_t
        beside; /* the message that makes it readable, recalled with half of its score; 0 none */
    const int64_t *copies; /* messages that say the same: those are not recalled beside another */
    size_t copy_count;
} kal_recalled;

/* What is to be seen among the pins for this one context: no row holds it. */
typedef struct kal_note {
    kal_str id; /* names it in the explanation; at most KAL_NAME_MAX bytes */
    kal_str text;
    double score;    /* 0..1: as importance among the pins */
    kal_str reasons; /* JSON, may be absent */
} kal_note;

/* What to build a context from; zero-initialise. */
typedef struct kal_request {
    kal_str session; /* id */
    kal_str persona; /* id; absent: the session's own, or none */
    kal_str prompt;  /* replaces the persona's prompt when present */
    kal_str text;    /* the new message as text ... */
    int64_t message; /* ... or the id of a stored one; not both */
    kal_str role;    /* role of `text`, default user */
    kal_str query;   /* what to recall, when `recalled` is NULL; absent: nothing is recalled */
    bool own;        /* recall looks in this session alone; in an archived one it always does */
    double similar;  /* see kal_query */
    kal_str asked;   /* see kal_query */
    const kal_recalled *recalled; /* what was recalled already, best first; borrowed for the call */
    size_t recalled_count;
    /* Taken together with the pins, by score, and shown behind them in this order; not when the plan
    ** has no pins. Borrowed for the call. */
    const kal_note *notes;
    size_t note_count; /* at most 1000 */
    int64_t budget;    /* tokens, 1..10,000,000 */
    /* NULL: the default. Values out of range are taken as the nearest in range. */
    const kal_plan *plan;
} kal_request;

typedef struct kal_context kal_context;

/* One candidate and what became of it. Text is valid until the context is closed. */
typedef struct kal_item {
    kal_part part;
    kal_str id;      /* id of the row, absent for a new text */
    kal_str role;    /* role of the message, else absent */
    kal_str text;    /* the row's text, not rendered */
    kal_str reasons; /* JSON of the score's reasons, or absent */
    int64_t tokens;  /* what its rendered text costs */
    double score;    /* importance, or the score of recall */
    bool in;
    const char *why; /* one line: why it is in or out */
} kal_item;

/* One message to send. */
typedef struct kal_prompt {
    kal_str role;
    kal_str content;
} kal_prompt;

/* Builds the context of the next model call: persona, pins, summaries, recent messages, recalled ones, the new message.
** The tokens of the result, counted on the rendered messages (kal_tokens of each content plus KAL_MESSAGE_TOKENS),
** never exceed the budget. Codes: MISUSE, NOT_FOUND, and BUDGET when persona and new message alone are over: the
** message says by how much. On success *out is a handle to close. */
KAL_API kal_code kal_context_build(kal_store *store, const kal_request *request, kal_context **out,
                                   kal_err *err);
KAL_API void kal_context_close(kal_context *context);

/* Tokens of the whole; how many bytes at the front of the rendered text equal the session's
** previous context (whole pieces), and how many bytes there are. `hash` names all that is sent: kal_text_hash of each
** message's role, a blank, the bytes of its content as a number, a newline, the content and a newline. hash and
** prefix_bytes are 0 before kal_context_compare. */
typedef struct kal_context_info {
    kal_str session;
    int64_t budget, tokens;
    int64_t prefix_bytes, bytes;
    uint64_t hash;
    size_t messages, items;
} kal_context_info;
KAL_API void kal_context_stat(const kal_context *context, kal_context_info *out);
/* Message or item number `i`, from 0 and below the count of kal_context_stat. False beyond it. */
KAL_API bool kal_context_message(const kal_context *context, size_t i, kal_prompt *out);
KAL_API bool kal_context_item(const kal_context *context, size_t i, kal_item *out);
/* Fills in hash and prefix_bytes: providers cache what does not change at the front. A piece is a pin, a summary, a
** message; headings do not count. */
KAL_API kal_code kal_context_compare(kal_store *store, kal_context *context, kal_err *err);
/* What was weighed, for a record of the turn: members of a JSON object without its braces, in a short form. `words` are
** texts that come again and again, named by their place from 1; `items` are lists of part and why (places), 1 for in,
** id ("" for none), tokens, score and the hash of the text in hexadecimal; `recalled`, the recalled candidates best
** first, are lists of id, score, lent and reasons (as text, "" for none). Valid until the context is closed. */
KAL_API kal_code kal_context_trace(kal_context *context, kal_str *out, kal_err *err);
/* Remembers this context as the session's previous one, for the next prefix figure. */
KAL_API kal_code kal_context_save(kal_store *store, const kal_context *context, kal_err *err);

/* ---- HTTP: in the loadable module kalito_http only, the one part that needs libcurl ---- */

/* A client: one request at a time, connections are kept for the next one. */
typedef struct kal_http kal_http;

/* One header of a request or an answer. */
typedef struct kal_header {
    kal_str name;
    kal_str value;
} kal_header;

/* What to send and how; zero-initialise. Everything is borrowed for the call. */
typedef struct kal_http_request {
    kal_str url;               /* https; http when it stays on this machine, or `allow_http` */
    kal_str method;            /* GET or POST; absent: POST with a body, else GET */
    const kal_header *headers; /* not Host, Content-Length and other headers of the transport */
    size_t header_count;
    kal_str body;
    kal_str ca_file;    /* certificates to trust instead of the system's */
    int64_t connect_ms; /* time to connect; 0: 10,000 */
    int64_t stall_s;    /* end after so many seconds without a byte; 0: 300. No total time */
    size_t answer_max;  /* bytes of an answer's body; 0: 16 MiB */
    bool allow_http;    /* http to other machines too */
    /* Called with each piece of the body of an answer with status 2xx; false stops the transfer, and
    ** kal_http_perform returns KAL_OK. NULL: the body is kept for kal_http_body. */
    bool (*chunk)(void *context, kal_str piece);
    /* Called at least once a second while waiting; false ends with KAL_INTERRUPTED. May be NULL. */
    bool (*alive)(void *context);
    void *context; /* for both; they must return: no exception, no longjmp */
} kal_http_request;

/* Makes a client. On success *out is a handle to close. Code: NOMEM. */
KAL_API kal_code kal_http_open(kal_http **out, kal_err *err);
KAL_API void kal_http_close(kal_http *http);
/* Sends the request and reads the answer, whatever its status: KAL_OK says that there is one. Certificates are
** always verified, redirects are not followed, proxies are those of the usual variables (none for this machine).
** Codes: MISUSE (method, header), REFUSED (http to another machine), HTTP (address, connection, redirect, answer
** too large), INTERRUPTED, NOMEM. No message holds a header, or more of a URL than scheme, host, port and path. */
KAL_API kal_code kal_http_perform(kal_http *http, const kal_http_request *request, kal_err *err);
/* Ends a running kal_http_perform with KAL_INTERRUPTED within about a second. May be called from a signal handler
** or another thread. */
KAL_API void kal_http_abort(kal_http *http);
/* Of the answer to the latest request, also from `chunk`: its status (0: none yet), header number `i` (from 0;
** false: no more), and the body unless `chunk` got it; borrowed until the next request. */
KAL_API int kal_http_status(const kal_http *http);
KAL_API bool kal_http_header(const kal_http *http, size_t i, kal_header *out);
KAL_API kal_str kal_http_body(const kal_http *http);
/* Did the latest request fail in a way that may pass by itself: no connection, or broken before an answer? */
KAL_API bool kal_http_transient(const kal_http *http);

#ifdef __cplusplus
}
#endif
#endif
