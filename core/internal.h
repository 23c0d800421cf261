/*
** internal.h: what the files of core/ share and nobody else sees. Three layers, bottom up: the seam
** to the database (sqlite.c), the store with its transaction and its arena (store.c), and the row
** machine (row.c) that runs every noun from a table of fields, rules and statements.
*/
#ifndef KALITO_INTERNAL_H
#define KALITO_INTERNAL_H

#include "kalito.h"

#include <string.h>

/* ---- error.c ---- */

/* Fills *err (may be NULL) and returns `code`. Control characters in the message become '?'. */
kal_code kali_fail(kal_err *err, kal_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same for NOMEM. */
kal_code kali_no_memory(kal_err *err);
#define KALI_STR(s) (int)((s).len < 80 ? (s).len : 80), ((s).data ? (s).data : "")

/* ---- time.c ---- */

#define KALI_TIME_LEN 24
/* Columns of the original as kalito shows and sorts them; the file keeps what it has. Of a time in the other format the
** same instant; of a score that is no number what reading it gives. */
#define KALI_TIME_OF(column)                                                                       \
    "CASE WHEN " column " LIKE '____-__-__ __:__:__' THEN replace(" column                         \
    ", ' ', 'T') || '.000Z' ELSE " column " END"
#define KALI_SCORE(preset) "CAST(coalesce(importance_score, " preset ") AS REAL)"
/* Milliseconds since 1970 to "YYYY-MM-DDTHH:MM:SS.mmmZ"; years 0000 to 9999. */
void kali_time_format(int64_t ms, char out[25]);
bool kali_time_ms(kal_str text, int64_t *ms);
/* A clock that only goes on, for how long things take: ms since some moment. */
int64_t kali_clock_ms(void);

/* ---- arena.c: memory of one answer ---- */

typedef struct kali_arena {
    struct kali_block *head; /* newest block first */
    size_t used;             /* bytes handed out since the last reset */
} kali_arena;
/* NULL when out of memory. Aligned for any type. */
void *kali_arena_alloc(kali_arena *arena, size_t size);
/* A copy followed by a NUL; data == NULL stays NULL. False when out of memory. */
bool kali_arena_copy(kali_arena *arena, kal_str text, kal_str *out);
/* Forgets everything, keeps one block for reuse. */
void kali_arena_reset(kali_arena *arena);
void kali_arena_free(kali_arena *arena);

/* ---- sqlite.c: the seam. No other file but sqlite*.c knows SQLite ---- */

typedef struct kali_db kali_db;
typedef struct kali_stmt kali_stmt;

#define KALI_PARAMS 24 /* parameters are named $1 to $24 */

kal_code kali_db_open(const char *path, const kal_options *options, kali_db **out, kal_err *err);
void kali_db_close(kali_db *db);
/* The file is one of ours. Until then closing leaves a log that was beside it where it is. */
void kali_db_accept(kali_db *db);
/* Runs a script of statements. */
kal_code kali_db_script(kali_db *db, const char *sql, kal_err *err);
/* The prepared statement of a constant text; prepared once per connection, found by the address. */
kal_code kali_db_use(kali_db *db, const char *sql, kali_stmt **out, kal_err *err);
/* One integer from a query without parameters, 0 from an empty one: by a statement for this once, or by a kept one. */
kal_code kali_db_integer(kali_db *db, const char *sql, int64_t *out, kal_err *err);
kal_code kali_db_value(kali_db *db, const char *sql, int64_t *out, kal_err *err);
int64_t kali_db_changes(kali_db *db);
int64_t kali_db_last_id(kali_db *db);
bool kali_db_read_only(kali_db *db);
/* No transaction is open. */
bool kali_db_is_idle(kali_db *db);
/* A number that changes when another connection has written to the file. */
uint32_t kali_db_version(kali_db *db);
void kali_db_interrupt(kali_db *db);
/* Triggers run, or not: other programs' must not see a migration. Returns whether they ran. */
bool kali_db_triggers(kali_db *db, bool enabled);
/* Gives SQL, in the core's statements only, a function of one text: `f` makes *text its result, false: no memory. */
kal_code kali_db_function(kali_db *db, const char *name, bool (*f)(void *context, kal_str *text),
                          void *context, kal_err *err);
/* The engine's own connection, for the other files of the seam. */
void *kali_db_handle(kali_db *db);
/* The code for a status of the engine, with its message; also for those files. */
kal_code kali_db_fail(kali_db *db, int status, kal_err *err);
/* Calls `each` with every statement prepared so far. */
void kali_db_statements(kali_db *db, void (*each)(void *context, const char *sql), void *context);

/* Parameters: `k` is the number in the name; one that the statement does not have is skipped. Bound
** text is borrowed until the statement is reset. */
void kali_bind_text(kali_stmt *q, int k, kal_str value);
void kali_bind_integer(kali_stmt *q, int k, int64_t value);
void kali_bind_real(kali_stmt *q, int k, double value);
void kali_bind_blob(kali_stmt *q, int k, const void *data, size_t len);
void kali_bind_null(kali_stmt *q, int k);
/* One row: *row tells whether there is one. After the last row, or a failure, the statement is
 * reset. */
kal_code kali_step(kali_stmt *q, bool *row, kal_err *err);
/* Runs a statement that gives no rows, then resets it. */
kal_code kali_run(kali_stmt *q, kal_err *err);
/* Ends a statement before its last row. Harmless twice. */
void kali_reset(kali_stmt *q);
/* Columns from 0; text and blob are borrowed until the next step. */
bool kali_is_null(kali_stmt *q, int column);
kal_str kali_text(kali_stmt *q, int column);
kal_str kali_blob(kali_stmt *q, int column);
int64_t kali_integer(kali_stmt *q, int column);
double kali_real(kali_stmt *q, int column);

/* ---- sqlite_words.c, sqlite_fts.c: the words and postings of the search index ---- */

typedef struct kali_words kali_words;
typedef struct kali_reader kali_reader;

/* A word of a text: folded, and as the index has it; where it begins. */
typedef struct kali_word {
    kal_str word, stem;
    size_t at;
} kali_word;
/* `handle` is the engine's connection, see kali_db_handle. */
kal_code kali_words_open(void *handle, kali_words **out, kal_err *err);
void kali_words_close(kali_words *words);
/* Makes store->words unless they are there. */
kal_code kali_words_get(kal_store *store, kal_err *err);
/* The words of a prepared text; *count: in the room, out how many. They live in the arena. */
kal_code kali_words_split(kali_words *words, kali_arena *arena, kal_str text, kali_word *out,
                          size_t *count, kal_err *err);
/* Calls `each` for every word of a prepared text, with its stem and the bytes it takes; false ends it. */
void kali_words_each(kali_words *words, kal_str text,
                     bool (*each)(void *context, kal_str stem, size_t from, size_t to),
                     void *context);

/* One message that holds a term: how often, and where its positions begin. */
typedef struct kali_posting {
    int64_t id;
    uint32_t tf, at;
} kali_posting;
/* The messages that hold a term, ascending by id. Zero-initialise; reused from call to call. */
typedef struct kali_postings {
    kali_posting *rows;
    size_t count, room;
    uint8_t *bytes; /* positions */
    size_t used, bytes_room;
    bool counts; /* positions are not wanted */
} kali_postings;
void kali_postings_free(kali_postings *postings);
/* The numbers of the words at which the term stands in the message of `row`; how many were written. */
size_t kali_positions(const kali_postings *postings, size_t row, uint32_t *out, size_t room);
/* Reads the index as it is in the current transaction; close it before that ends. */
kal_code kali_reader_open(kali_db *db, kali_reader **out, kal_err *err);
void kali_reader_close(kali_reader *reader);
kal_code kali_reader_term(kali_reader *reader, kal_str term, kali_postings *out, kal_err *err);
/* About how many leaves of the index the postings of a term take; 0: less than one, or none. */
kal_code kali_reader_leaves(kali_reader *reader, kal_str term, size_t *leaves, kal_err *err);
/* How many messages the index holds, and how many words they have together. */
kal_code kali_reader_totals(kali_reader *reader, int64_t *messages, int64_t *words, kal_err *err);

/* ---- memo.c: token counts of texts that were counted before ---- */

#define KALI_MEMO 512

typedef struct kali_count {
    char *text;
    size_t len, tokens;
} kali_count;
/* Zero-initialise. */
typedef struct kali_memo {
    kali_count counts[KALI_MEMO];
    size_t bytes; /* of all their texts */
} kali_memo;
/* What kal_tokens says. */
size_t kali_memo_tokens(kali_memo *memo, kal_str text);
void kali_memo_clear(kali_memo *memo);

/* ---- store.c ---- */

#define KALI_TOUCHED 2048

/* What the transaction knows about a session it adds to: its latest message time, and what its row
** must still be told. */
typedef struct kali_touch {
    struct kali_touch *next; /* in the list of those that must be written */
    size_t epoch;            /* valid when it is one more than the store's */
    char session[KAL_NAME_MAX + 1];
    char last[KALI_TIME_LEN + 1]; /* latest created_at of the session, "" when it has no message */
    int64_t added;                /* messages not yet counted in the session's row */
    int64_t number;               /* of the session in the records, 0 unknown */
} kali_touch;

#define KALI_BLOCK 320 /* records of messages in one row, see document.c */
#define KALI_RECORD 12 /* bytes of one */

/* The block of records that is being filled. */
typedef struct kali_leaf {
    int64_t number;
    bool loaded, dirty;
    uint8_t records[KALI_BLOCK * KALI_RECORD];
} kali_leaf;

struct kal_store {
    kali_db *db;
    kal_options options;
    char *path;
    kali_arena arena;    /* the rows of the last answer */
    kali_arena scratch;  /* of one call of a function of SQL */
    bool batch;          /* between kal_store_begin and commit */
    bool reading;        /* the batch is one for reading */
    bool failed;         /* a write of the batch failed halfway: commit must refuse */
    bool seen;           /* `version` is valid */
    uint32_t version;    /* kali_db_version when the index was last complete */
    kali_touch *pending; /* touched sessions whose rows must be told */
    size_t epoch;        /* of the records in `touched`: the next one forgets them */
    size_t touches;      /* how many of them there are */
    kali_touch touched[KALI_TOUCHED];
    kali_leaf block;
    struct kali_history *history; /* the records of all messages, made at the first recall */
    kali_words *words;            /* made at the first recall */
    struct kali_lexicon *lexicon;
    struct kali_vectors *vectors; /* those of one model, made at the first search for near ones */
    kali_memo memo;
    unsigned redact;         /* detectors that the file asks for */
    bool redact_seen;        /* `redact_version` is valid */
    uint32_t redact_version; /* kali_db_version when that was read */
    void *redact_words;      /* the set of the options' words, or NULL */
    int migrated_from;       /* see kal_store_info */
    char *migration_backup;
    kali_db *reader;           /* for raw SQL, made at its first use */
    _Atomic(bool) interrupted; /* since the last long call began */
};

/* Every public call that hands out text begins with this. */
void kali_answer_begin(kal_store *store);
/* Around every write: takes the write lock (or joins the batch) and completes the search index,
** then commits when `code` is KAL_OK, and else undoes everything since. Returns the final code. */
kal_code kali_write_begin(kal_store *store, kal_err *err);
kal_code kali_write_end(kal_store *store, kal_code code, kal_err *err);
/* Around an answer that takes several queries: all of them see the file as it is at one moment, and its lock is
** taken once. Nothing in between may write. */
kal_code kali_read_begin(kal_store *store, kal_err *err);
void kali_read_end(kal_store *store);
int64_t kali_store_ms(kal_store *store);

/* ---- touch.c: sessions that messages are added to ---- */

/* The record of a session; NOT_FOUND when there is no such session. Valid until the next call. */
kal_code kali_touch_get(kal_store *store, kal_str session, kali_touch **out, kal_err *err);
/* A message of that time, in the core's form, was added to it. */
void kali_touch_add(kal_store *store, kali_touch *touch, kal_str created_at);
/* Writes the pending counts and times of all touched sessions. */
kal_code kali_touch_flush(kal_store *store, kal_err *err);
void kali_touch_forget(kal_store *store);

/* ---- migrate.c ---- */

/* Brings the open file up to date; the report may be NULL. */
kal_code kali_migrate(kal_store *store, kal_report *report, kal_err *err);
/* Reports what that would do. */
kal_code kali_migrate_plan(kal_store *store, kal_report *report, kal_err *err);

typedef struct kali_migration {
    int version;
    const char *name;
    const char *sql;
} kali_migration;
/* Embedded from schema/ at build time, ascending. */
extern const kali_migration kali_migrations[];
extern const size_t kali_migration_count;

/* ---- redaction.c: secrets that are neither stored nor sent ---- */

/* When the store is opened: takes over the options' words and reads what the file asks for. */
kal_code kali_redaction_open(kal_store *store, kal_err *err);
void kali_redaction_close(kal_store *store);
/* Reads what the file asks for: another program may have changed it. Inside a transaction. */
kal_code kali_redaction_load(kal_store *store, kal_err *err);
/* The same, when another program has written. */
kal_code kali_redaction_refresh(kal_store *store, kal_err *err);
/* Replaces the secrets of a text, or of the strings of a JSON text: *text stays or lives in the arena. NOMEM. */
kal_code kali_redact_text(const kal_store *store, kali_arena *arena, kal_str *text, kal_err *err);
kal_code kali_redact_json(const kal_store *store, kali_arena *arena, kal_str *json, kal_err *err);
/* The detectors that are on. */
unsigned kali_redaction_active(const kal_store *store);
/* A JSON text with its escapes replaced by what they stand for; `room` holds as many bytes. */
kal_str kali_json_plain(kal_str s, char *room);

/* ---- uuid.c ---- */

void kali_uuid(kal_store *store, char out[37]);

/* ---- report.c: lists of remarks ---- */

/* Adds a line; `mend` may be NULL. A full or absent report only counts. */
void kali_report_add(kal_report *report, bool wrong, const char *mend, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* ---- adopt_time.c ---- */

kal_code kali_adopt_plan_times(kali_db *db, kal_report *report, kal_err *err);
/* Brings the times of messages, pins and summaries into one form, inside a write. */
kal_code kali_adopt_times(kal_store *store, kal_report *report, kal_err *err);
/* The same for one message that another program has written; `time` is what it has, and what it has then, in the
** arena; and for all pins and summaries. */
kal_code kali_adopt_time(kal_store *store, int64_t id, kal_str session, kal_str *time,
                         kali_arena *arena, kal_err *err);
kal_code kali_adopt_note_times(kal_store *store, int64_t *rewritten, kal_err *err);

/* ---- row.c: the row machine ---- */

typedef enum kali_check {
    KALI_ANY,     /* text up to KAL_TEXT_MAX, may be empty */
    KALI_ID,      /* 1..KAL_NAME_MAX bytes */
    KALI_NAME,    /* up to KAL_NAME_MAX bytes */
    KALI_TEXT,    /* 1..KAL_TEXT_MAX bytes */
    KALI_TIME,    /* a time; stored in the core's form */
    KALI_ONE_OF,  /* one of the words in `words` */
    KALI_STRINGS, /* a JSON array of strings */
    KALI_RANGE,   /* a number in min..max */
    KALI_ABOVE    /* a number > min */
} kali_check;

/* Whose words a field holds: the core's and the program's, or what users and models write, which is redacted. */
typedef enum kali_wrote { KALI_NONE, KALI_WORDS, KALI_JSON } kali_wrote;

typedef struct kali_rule {
    kali_check check;
    kali_wrote wrote;
    double min, max;
    const char *words;  /* separated by spaces */
    const char *preset; /* default text of `add` */
    double number;      /* default number of `add`; NAN: none */
} kali_rule;

/* Conditions that a noun's statements know, as bits. */
enum {
    KALI_BY_SESSION = 1,
    KALI_BY_ROLE = 2,
    KALI_BY_TYPE = 4,
    KALI_BY_PERSONA = 8,
    KALI_BY_CATEGORY = 16,
    KALI_BY_NAME = 32,
    KALI_BY_TIME = 64,
    KALI_BY_IMPORTANCE = 128,
    KALI_BY_SCOPE = 256,
    KALI_BY_SAVED = 512,
    KALI_BY_PREFIX = 1024
};

/*
** Everything the row machine knows of a noun. The statements' parameters: in add and set, $i is
** field number i (from 1); in get and del, $1 is the id. In lists:
**   $1 session  $2 $3 lower bound (key, id), exclusive  $4 $5 upper bound  $6 score of the upper
**   bound $7 role  $8 minimum importance  $9 limit  $10 pin type  $11 persona  $12 category  $13
**   name $14 $15 ids from, and below  $16 saved  $17 highest id  $18 archived (0, 1 or NULL)
**   $19 $20 time from, and below  $21 $22 the last row seen (key, id), for importance order
*/
typedef struct kali_noun {
    const char *name;
    size_t size; /* of a row */
    const kal_field *fields;
    const kali_rule *rules;
    size_t count;
    unsigned required; /* fields that `add` needs */
    unsigned filters;  /* KALI_BY_... */
    int time_field;    /* created_at */
    int score_field;   /* -1: none */
    int key_field[4];  /* the text key of each kal_order; -1: the order does not exist */
    kal_order preset;  /* what KAL_ORDER_DEFAULT means */
    const char *add, *get, *set, *del;
    const char *list[2][4]; /* [session given][order] */
    const char *tally[2];   /* count: [session given] */
} kali_noun;

/* Is it one of these words, which are separated by spaces? */
bool kali_one_of(const char *words, kal_str text);
/* A role that models know, whatever another program has stored. */
kal_str kali_some_role(kal_str role);
#define KALI_ROLES "user assistant system tool"

extern const kali_noun kali_session_noun, kali_message_noun, kali_persona_noun, kali_summary_noun,
    kali_pin_noun, kali_turn_noun, kali_model_noun, kali_card_noun;

/* Where the field is in a row. */
kal_str *kali_field_text(const kali_noun *noun, const void *row, size_t i);
/* Whether the field is given in the row (see kalito.h, Rows). */
bool kali_given(const kali_noun *noun, const void *row, size_t i);
/* A text that a user must not pass unchecked: MISUSE names `noun.field`. */
kal_code kali_check_text(const char *noun, const char *field, kal_str text, size_t min, size_t max,
                         kal_err *err);

/* redaction.c: field `i` of a row, or all its fields, as they may be stored. MISUSE: one is too long then. */
kal_code kali_redact_field(kal_store *store, const kali_noun *noun, size_t i, void *row,
                           kal_err *err);
kal_code kali_redact_row(kal_store *store, const kali_noun *noun, void *row, kal_err *err);

/* An absent text becomes an empty one: a key must be one or the other kind. */
static inline kal_str kali_some(kal_str text) {
    return text.data ? text : (kal_str){"", 0};
}

/* The order of two texts of the database. In a damaged file any of them may be absent: like an empty one. */
static inline int kali_order(kal_str a, kal_str b) {
    return strcmp(kali_some(a).data, kali_some(b).data);
}
static inline bool kali_same(kal_str a, kal_str b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}
static inline bool kali_is(kal_str text, const char *word) {
    return strcmp(kali_some(text).data, word) == 0;
}

/* Mints id and created_at where they are absent, for nouns with text ids. NOMEM. */
kal_code kali_row_mint(kal_store *store, const kali_noun *noun, void *row, kal_err *err);
/* Checks a row for add: required fields, rules, defaults; times are rewritten to the core's form.
 */
kal_code kali_row_prepare(kal_store *store, const kali_noun *noun, void *row, kal_err *err);
/* Reads the current row of a statement whose columns are the noun's fields. NOMEM. */
kal_code kali_row_read(kal_store *store, const kali_noun *noun, kali_stmt *q, void *row,
                       kal_err *err);

/* The verbs. Ids: text nouns take `id`, messages take `number`. `*_in` run inside a write. */
typedef struct kali_key {
    kal_str id;
    int64_t number;
} kali_key;
/* Redacts the row, as it is then stored. */
kal_code kali_row_insert(kal_store *store, const kali_noun *noun, void *row, kal_err *err);
kal_code kali_row_get(kal_store *store, const kali_noun *noun, kali_key key, void *out,
                      kal_err *err);
/* Reads the stored row into *merged and lays the given fields of `row` over it, checked. */
kal_code kali_row_merge(kal_store *store, const kali_noun *noun, const void *row, void *merged,
                        kal_err *err);
kal_code kali_row_update(kal_store *store, const kali_noun *noun, const void *merged, kal_err *err);
kal_code kali_row_delete(kal_store *store, const kali_noun *noun, kali_key key, kal_err *err);
kal_code kali_row_find(kal_store *store, const kali_noun *noun, const kal_filter *filter,
                       void *rows, kal_page *page, kal_err *err);
kal_code kali_row_count(kal_store *store, const kali_noun *noun, const kal_filter *filter,
                        int64_t *out, kal_err *err);
size_t kali_row_size(const kali_noun *noun);
/* Set and delete of nouns whose rows nothing else depends on. `merged` is room for one row. */
kal_code kali_plain_set(kal_store *store, const kali_noun *noun, const void *row, void *merged,
                        kal_err *err);
kal_code kali_plain_del(kal_store *store, const kali_noun *noun, kali_key key, kal_err *err);

/* ---- session.c ---- */

/* NOT_FOUND unless the session exists. */
kal_code kali_session_exists(kal_store *store, kal_str id, kal_err *err);

/* ---- archive.c ---- */

/* Before a summary is deleted, inside the write: archived messages are never left without one, so that only
** the newest may go, and its messages become live. REFUSED otherwise. */
kal_code kali_summary_release(kal_store *store, kal_str id, kal_err *err);
/* Lets a summary that is stored archive the messages of its range, which must follow the boundary; inside a write. */
kal_code kali_archive_take(kal_store *store, kal_summary *row, kal_err *err);

/* ---- chain.c: the ranges of summaries when messages go ---- */

/* Where an archived message was that is deleted; without `at`: anywhere in the session. */
typedef struct kali_gap {
    kal_str session, at;
    int64_t id;
} kali_gap;

/* The place of a message, valid until the next answer; without a session when it is not archived. */
kal_code kali_chain_find(kal_store *store, int64_t id, kali_gap *out, kal_err *err);
/* After archived messages were deleted, inside the write: ranges, counts and boundary say what is left; summaries of
** which nothing is left go. The caller settles the index. */
kal_code kali_chain_mend(kal_store *store, const kali_gap *gap, kal_err *err);

/* ---- note.c: summaries and pins ---- */

kal_code kali_note_add(kal_store *store, const kali_noun *noun, void *row, kal_err *err);
/* `merged` is room for one row of the noun. */
kal_code kali_note_set(kal_store *store, const kali_noun *noun, const void *row, void *merged,
                       kal_err *err);
kal_code kali_note_del(kal_store *store, const kali_noun *noun, kal_str id, kal_err *err);

/* ---- forget.c ---- */

/* Changes rows inside a write; *count: how many. */
typedef kal_code kali_change(kal_store *store, const void *what, int64_t *count, kal_err *err);
/* Lets `change` change rows and makes the search index anew in one transaction, then removes what they were for good:
** from free pages and log. Writes the whole file anew, unless none was changed. */
kal_code kali_erase(kal_store *store, kali_change *change, const void *what, int64_t *count,
                    kal_err *err);
/* What an interrupted kali_erase has left to do; nothing when there was none. */
kal_code kali_erase_rest(kal_store *store, kal_err *err);

/* ---- document.c: the records of messages ---- */

typedef struct kali_document {
    int64_t id;
    kal_str session, role, speaker, text, created_at;
    int64_t number; /* of the session, 0 unknown */
} kali_document;
/* Inside a write. The records reach the file with kali_document_flush, before the commit. */
kal_code kali_document_add(kal_store *store, const kali_document *document, kal_err *err);
kal_code kali_document_drop(kal_store *store, int64_t id, kal_err *err);
kal_code kali_document_session(kal_store *store, kal_str session, int64_t *out, kal_err *err);
kal_code kali_document_flush(kal_store *store, kal_err *err);
void kali_document_forget(kal_store *store);

/* ---- documents.c: the records in memory ---- */

/* A block of records is not what it was. */
void kali_documents_changed(kal_store *store, int64_t block);
void kali_documents_forget(kal_store *store);
/* The write lock is held, at this version of the file (kali_db_version): forgets what was read at another one. */
void kali_documents_locked(kal_store *store, uint32_t version);
/* The store itself has brought the file to this version. */
void kali_documents_committed(kal_store *store, uint32_t version);

/* ---- recall.c ---- */

/* kal_recall_find inside a reading that began behind a refresh; the rows live as long as the store's answer. */
kal_code kali_recall(kal_store *store, const kal_query *query, kal_hit *hits, size_t *count,
                     kal_err *err);

/* ---- index.c: keeping the search index ---- */

/* The form of a text that goes into the index: the text itself, but runs of characters that are written
** without spaces become pairs, and the last one of a run is there alone, too, so that every character begins a word.
** *out is `text` or lives in the arena. NOMEM. */
kal_code kali_index_text(kali_arena *arena, kal_str text, kal_str *out, kal_err *err);
/* The form of a text that is looked for: pairs only. */
kal_code kali_index_query(kali_arena *arena, kal_str text, kal_str *out, kal_err *err);
/* The bytes of the run of such characters at the beginning of a text. */
size_t kali_index_run(kal_str text);
/* Adds a message, pin or summary to the index, inside the write that stores it. */
kal_code kali_index_message(kal_store *store, const kali_document *document, kal_err *err);
kal_code kali_index_note(kal_store *store, const char *kind, kal_str key, kal_str text,
                         kal_err *err);
/* Takes what was deleted or edited out of the index and puts the new text in. */
kal_code kali_index_settle(kal_store *store, kal_err *err);
/* Settles, then indexes and counts what another program has added. Inside a write. */
kal_code kali_index_catch_up(kal_store *store, kal_err *err);
/* Before a search: takes in what another program has written. */
kal_code kali_index_refresh(kal_store *store, kal_err *err);
/* Makes the index anew, inside a write; index_check.c has it. */
kal_code kali_index_renew(kal_store *store, kal_err *err);

#endif
