/*
** forget.c: removing content for good: rows are overwritten, the search index is made anew (its own deletions leave
** the words behind), the file is written anew without free pages, and the log is emptied.
*/
#include "care/care.h"
#include "text/text.h"

#include <string.h>

/* What holds text of users: the condition names the session ($1, NULL: all) and the text ($2), in any case. */
#define HOLDS(session, text)                                                                       \
    " WHERE ($1 IS NULL OR " session " = $1) AND instr(kalito_fold(" text "), kalito_fold($2)) > 0"
#define FOUND(kind, id, session, text, table)                                                      \
    "SELECT '" kind "', CAST(" id " AS TEXT), " session ", substr(" text ", 1, 4000) FROM " table  \
    HOLDS(session, text)

static const struct {
    const char *find, *forget;
} LIKE[] = {
    {FOUND("message", "id", "session_id", "text", "messages"),
     "DELETE FROM messages" HOLDS("session_id", "text")},
    {FOUND("pin", "id", "session_id", "content", "semantic_pins"),
     "DELETE FROM semantic_pins" HOLDS("session_id", "content")},
    /* The chain of ranges needs its links: those that still cover something lose their text. */
    {FOUND("summary", "id", "session_id", "summary", "conversation_summaries"),
     "UPDATE conversation_summaries SET summary = '[forgotten]'" HOLDS("session_id", "summary")},
    {FOUND("undone summary", "id", "session_id", "summary", "kalito_undone"),
     "DELETE FROM kalito_undone" HOLDS("session_id", "summary")},
    {FOUND("rejected pin", "id", "session_id", "content", "kalito_rejected"),
     "DELETE FROM kalito_rejected" HOLDS("session_id", "content")},
    {FOUND("turn", "id", "session_id", "kalito_plain(details)", "kalito_turns"),
     "DELETE FROM kalito_turns" HOLDS("session_id", "kalito_plain(details)")},
    {FOUND("recap", "id", "id", "recap", "sessions"),
     "UPDATE sessions SET recap = NULL" HOLDS("id", "recap")},
    {FOUND("name", "id", "id", "name", "sessions"),
     "UPDATE sessions SET name = NULL" HOLDS("id", "name")},
};
#define KINDS (sizeof LIKE / sizeof *LIKE)

static const char SESSION[] = "DELETE FROM sessions WHERE id = $1";

/* The SQL functions: a text in small letters, and what a JSON text says. */
static bool fold(void *context, kal_str *text) {
    kal_store *store = context;
    size_t size = 0, next;
    kali_arena_reset(&store->scratch);
    unsigned char *out = kali_arena_alloc(&store->scratch, 2 * text->len + 4);
    for (size_t at = 0; out && at < text->len; at = next) {
        uint32_t c = kali_decode(*text, at, &next);
        if (c == 0xFFFD)
            while (at < next)
                out[size++] = (unsigned char)text->data[at++];
        else
            size += kali_encode(kali_fold(c), out + size);
    }
    *text = (kal_str){(char *)out, size};
    return out != NULL;
}

static bool plain(void *context, kal_str *text) {
    kal_store *store = context;
    kali_arena_reset(&store->scratch);
    char *room = kali_arena_alloc(&store->scratch, text->len + 1);
    if (room) *text = kali_json_plain(*text, room);
    return room != NULL;
}

static kal_code add_functions(kal_store *store, kal_err *err) {
    kal_code code = kali_db_function(store->db, "kalito_fold", fold, store, err);
    return code == KAL_OK ? kali_db_function(store->db, "kalito_plain", plain, store, err) : code;
}

static kal_code run(kal_store *store, const char *sql, const kal_forget *what, int64_t *count,
                    kal_err *err) {
    kali_stmt *q;
    kal_code code = kali_db_use(store->db, sql, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_text(q, 1, what->session);
    kali_bind_text(q, 2, what->like);
    code = kali_run(q, err);
    if (code == KAL_OK) *count += kali_db_changes(store->db);
    return code;
}

/* Messages that summaries cover may be among what went. */
static kal_code mend_chains(kal_store *store, kal_err *err) {
    static const char SQL[] =
        "SELECT id FROM sessions WHERE boundary_id <> 0 AND id > $1 ORDER BY id LIMIT 1";
    kali_gap all = {.session = kal_text("")};
    for (;;) {
        kali_stmt *q;
        bool row;
        kal_code code = kali_db_use(store->db, SQL, &q, err);
        if (code != KAL_OK) return code;
        kali_bind_text(q, 1, all.session);
        code = kali_step(q, &row, err);
        if (code != KAL_OK || !row) return code;
        bool copied = kali_arena_copy(&store->arena, kali_text(q, 0), &all.session);
        kali_reset(q);
        if (!copied) return kali_no_memory(err);
        code = kali_chain_mend(store, &all, err);
        if (code != KAL_OK) return code;
    }
}

static kal_code remove_rows(kal_store *store, const void *context, int64_t *count, kal_err *err) {
    const kal_forget *what = context;
    kal_code code = KAL_OK;
    if (!what->like.data) {
        code = run(store, SESSION, what, count, err);
        if (code == KAL_OK && *count == 0)
            code = kali_fail(err, KAL_NOT_FOUND, "no session has the id '%.*s'",
                             KALI_STR(what->session));
        return code;
    }
    code = add_functions(store, err);
    for (size_t i = 0; i < KINDS && code == KAL_OK; i++)
        code = run(store, LIKE[i].forget, what, count, err);
    return code == KAL_OK ? mend_chains(store, err) : code;
}

/* ---- traces of what is gone ---- */

/* Until the file is written anew and the log is empty, a row says that it is still to be done. */
static const char MARK[] = "INSERT INTO kalito_meta(key, value) VALUES ('erasing', '')"
                           " ON CONFLICT (key) DO NOTHING";
static const char MARKED[] = "SELECT count(*) FROM kalito_meta WHERE key = 'erasing'";
static const char UNMARK[] = "DELETE FROM kalito_meta WHERE key = 'erasing'";

/* The log still holds the pages as they were. */
static kal_code empty_log(kal_store *store, kal_err *err) {
    int64_t busy;
    kal_code code = kali_db_integer(store->db, "PRAGMA wal_checkpoint(TRUNCATE)", &busy, err);
    return code == KAL_OK && busy ? kali_fail(err, KAL_BUSY, "others read the log") : code;
}

static kal_code remove_traces(kal_store *store, kal_err *err) {
    kal_code code = kali_db_pack(store->db, err);
    if (code == KAL_OK) code = empty_log(store, err);
    if (code == KAL_OK) code = kali_write_begin(store, err);
    return code == KAL_OK ? kali_write_end(store, kali_db_script(store->db, UNMARK, err), err)
                          : code;
}

kal_code kali_erase_rest(kal_store *store, kal_err *err) {
    kal_err inner = {0};
    int64_t marked;
    kal_code code = kali_db_integer(store->db, MARKED, &marked, err);
    if (code != KAL_OK || !marked) return code;
    code = remove_traces(store, &inner);
    if (code == KAL_OK) return code;
    return kali_fail(err, code,
                     "the rows are gone, but the file may still hold traces of them (%s):"
                     " kalito optimize removes them",
                     inner.message);
}

/* All in one transaction: tombstones and the old index hold the texts, too. */
static kal_code erase_rows(kal_store *store, kali_change *change, const void *what, int64_t *count,
                           kal_err *err) {
    kal_code code = kali_write_begin(store, err);
    if (code != KAL_OK) return code;
    code = change(store, what, count, err);
    if (code == KAL_OK && *count) code = kali_touch_flush(store, err);
    if (code == KAL_OK && *count) code = kali_index_renew(store, err);
    if (code == KAL_OK && *count) code = kali_db_script(store->db, MARK, err);
    return kali_write_end(store, code, err);
}

kal_code kali_erase(kal_store *store, kali_change *change, const void *what, int64_t *count,
                    kal_err *err) {
    *count = 0;
    kali_answer_begin(store);
    kal_code code = kali_erase_rest(store, err); /* of one that was interrupted */
    if (code == KAL_OK) code = kali_db_script(store->db, "PRAGMA secure_delete = ON", err);
    if (code == KAL_OK) code = erase_rows(store, change, what, count, err);
    if (code == KAL_OK) code = kali_erase_rest(store, err);
    kali_db_script(store->db, "PRAGMA secure_delete = FAST", NULL);
    return code;
}

static kal_code check(const kal_forget *what, const char *name, kal_err *err) {
    if (what->like.data && what->like.len < 3)
        return kali_fail(err, KAL_MISUSE, "session.%s: like must have at least 3 bytes", name);
    return KAL_OK;
}

kal_code kal_session_forget(kal_store *store, const kal_forget *what, int64_t *count,
                            kal_err *err) {
    *count = 0;
    if (store->batch) return kali_fail(err, KAL_MISUSE, "session.forget: a transaction is open");
    if (!what->session.data && !what->like.data)
        return kali_fail(err, KAL_MISUSE, "session.forget: neither session nor like is given");
    kal_code code = check(what, "forget", err);
    return code == KAL_OK ? kali_erase(store, remove_rows, what, count, err) : code;
}

static kal_code read_holder(kal_store *store, kali_stmt *q, kal_holder *out, kal_err *err) {
    kal_str *const texts[] = {&out->kind, &out->id, &out->session, &out->text};
    for (int i = 0; i < 4; i++)
        if (!kali_arena_copy(&store->arena, kali_text(q, i), texts[i])) return kali_no_memory(err);
    return KAL_OK;
}

static kal_code find_holders(kal_store *store, const char *sql, const kal_forget *what,
                             kal_holders *out, kal_err *err) {
    kali_stmt *q;
    bool row;
    kal_code code = kali_db_use(store->db, sql, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_text(q, 1, what->session);
    kali_bind_text(q, 2, what->like);
    for (code = kali_step(q, &row, err); code == KAL_OK && row; code = kali_step(q, &row, err)) {
        if (out->count < out->capacity) code = read_holder(store, q, &out->rows[out->count], err);
        if (code != KAL_OK) break;
        out->count++;
    }
    kali_reset(q);
    return code;
}

kal_code kal_session_holders(kal_store *store, const kal_forget *what, kal_holders *out,
                             kal_err *err) {
    out->count = 0;
    if (!what->like.data) return kali_fail(err, KAL_MISUSE, "session.holders: like is missing");
    kali_answer_begin(store);
    kal_code code = check(what, "holders", err);
    if (code == KAL_OK) code = add_functions(store, err);
    for (size_t i = 0; i < KINDS && code == KAL_OK; i++)
        code = find_holders(store, LIKE[i].find, what, out, err);
    return code;
}
