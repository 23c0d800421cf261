/*
** forget.c: removing content for good: rows are overwritten, the search index is made anew (its own deletions leave
** the words behind), the file is written anew without free pages, and the log is emptied.
*/
#include "care.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What holds text of users: the condition names the session ($1, NULL: all) and the text ($2). */
#define HERE " ($1 IS NULL OR session_id = $1)"
#define HOLDS(column) " AND instr(lower(coalesce(" column ", '')), lower($2)) > 0"

static const char *const LIKE[] = {
    "DELETE FROM messages WHERE" HERE HOLDS("text"),
    "DELETE FROM semantic_pins WHERE" HERE HOLDS("content"),
    /* The chain of ranges needs its links: those that still cover something lose their text. */
    "UPDATE conversation_summaries SET summary = '[forgotten]' WHERE" HERE HOLDS("summary"),
    "DELETE FROM kalito_undone WHERE" HERE HOLDS("summary"),
    "DELETE FROM kalito_rejected WHERE" HERE HOLDS("content"),
    "DELETE FROM kalito_turns WHERE" HERE HOLDS("details"),
    "UPDATE sessions SET recap = NULL WHERE ($1 IS NULL OR id = $1)" HOLDS("recap"),
    "UPDATE sessions SET name = NULL WHERE ($1 IS NULL OR id = $1)" HOLDS("name"),
};
static const char SESSION[] = "DELETE FROM sessions WHERE id = $1";

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
        if (!copied) return kali_fail(err, KAL_NOMEM, "out of memory");
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
    for (size_t i = 0; i < sizeof LIKE / sizeof *LIKE && code == KAL_OK; i++)
        code = run(store, LIKE[i], what, count, err);
    return code == KAL_OK ? mend_chains(store, err) : code;
}

/* The log still holds the pages as they were. */
static kal_code empty_log(kal_store *store, kal_err *err) {
    int64_t busy;
    kal_code code = kali_db_integer(store->db, "PRAGMA wal_checkpoint(TRUNCATE)", &busy, err);
    if (code == KAL_BUSY || (code == KAL_OK && busy))
        return kali_fail(
            err, KAL_BUSY,
            "the rows are gone, but others read the log, which holds them until they end:"
            " then run kalito optimize");
    return code;
}

kal_code kali_erase(kal_store *store,
                    kal_code (*change)(kal_store *store, const void *what, int64_t *count,
                                       kal_err *err),
                    const void *what, int64_t *count, kal_err *err) {
    *count = 0;
    kali_answer_begin(store);
    kal_code code = kali_db_script(store->db, "PRAGMA secure_delete = ON", err);
    if (code == KAL_OK) code = kali_write_begin(store, err);
    if (code == KAL_OK) code = kali_write_end(store, change(store, what, count, err), err);
    if (code == KAL_OK && *count) code = kal_index_rebuild(store, err);
    if (code == KAL_OK && *count) code = kali_db_pack(store->db, err);
    kali_touch_forget(store);
    kali_db_script(store->db, "PRAGMA secure_delete = FAST", NULL);
    return code == KAL_OK && *count ? empty_log(store, err) : code;
}

kal_code kal_session_forget(kal_store *store, const kal_forget *what, int64_t *count,
                            kal_err *err) {
    *count = 0;
    if (store->batch) return kali_fail(err, KAL_MISUSE, "session.forget: a transaction is open");
    if (!what->session.data && !what->like.data)
        return kali_fail(err, KAL_MISUSE, "session.forget: neither session nor like is given");
    if (what->like.data && what->like.len < 3)
        return kali_fail(err, KAL_MISUSE, "session.forget: like must have at least 3 bytes");
    return kali_erase(store, remove_rows, what, count, err);
}
