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
    /* The chain of ranges needs its links: they lose their text. */
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

/* Archived messages may lose the one that marks their end: then the boundary moves back to the one before. */
static kal_code mend_boundaries(kal_store *store, kal_err *err) {
    return kali_db_script(
        store->db,
        "UPDATE sessions SET (boundary_at, boundary_id) = (SELECT coalesce(max(created_at), ''),"
        " coalesce((SELECT id FROM messages m WHERE m.session_id = sessions.id AND (m.created_at, m.id) <="
        " (sessions.boundary_at, sessions.boundary_id) ORDER BY m.created_at DESC, m.id DESC LIMIT 1), 0)"
        " FROM messages n WHERE n.session_id = sessions.id AND (n.created_at, n.id) <="
        " (sessions.boundary_at, sessions.boundary_id))"
        " WHERE boundary_id <> 0 AND NOT EXISTS (SELECT 1 FROM messages WHERE id = boundary_id)",
        err);
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
    return code == KAL_OK ? mend_boundaries(store, err) : code;
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
