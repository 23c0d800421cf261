/*
** archive.c: summaries that archive. A session's archived messages are a prefix in its order, and every summary that
** archived some of them covers the next piece of it: the ranges of a session follow each other without overlap
** or gap. Undo takes the last piece back, redo puts it on again.
*/
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A place in a session's order; its time lives in the store's arena. */
typedef struct place {
    kal_str at;
    int64_t id;
} place;

static kal_code run_text(kal_store *store, const char *sql, kal_str a, kal_str b, kal_err *err) {
    kali_stmt *q;
    kal_code code = kali_db_use(store->db, sql, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_text(q, 1, a);
    kali_bind_text(q, 2, b);
    return kali_run(q, err);
}

static kal_code get_summary(kal_store *store, kal_str id, kal_summary *out, kal_err *err) {
    kali_key key = {kali_some(id), 0};
    return kali_row_get(store, &kali_summary_noun, key, out, err);
}

/* The message that a text id names, which must be in the session. */
static kal_code find_message(kal_store *store, kal_str session, const char *field, kal_str id,
                             place *out, kal_err *err) {
    static const char SQL[] = "SELECT created_at, id FROM messages WHERE id = CAST($1 AS INTEGER)"
                              " AND CAST(id AS TEXT) = $1 AND session_id = $2";
    kali_stmt *q;
    bool row;
    if (!id.len) return kali_fail(err, KAL_MISUSE, "summary.%s is missing", field);
    kal_code code = kali_db_use(store->db, SQL, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_text(q, 1, id);
    kali_bind_text(q, 2, session);
    code = kali_step(q, &row, err);
    if (code != KAL_OK) return code;
    if (!row)
        return kali_fail(err, KAL_MISUSE, "summary.%s '%.*s' is no message of the session", field,
                         KALI_STR(id));
    bool copied = kali_arena_copy(&store->arena, kali_text(q, 0), &out->at);
    out->id = kali_integer(q, 1);
    kali_reset(q);
    return copied ? KAL_OK : kali_no_memory(err);
}

static int compare(const place *a, const place *b) {
    int order = kali_order(a->at, b->at);
    return order ? order : (a->id > b->id) - (a->id < b->id);
}

/* Messages of the session above `low` and up to `high`; *first is the id of the first. */
static kal_code count_range(kal_store *store, kal_str session, const place *low, const place *high,
                            int64_t *count, int64_t *first, kal_err *err) {
    static const char COUNT[] = "SELECT count(*) FROM messages WHERE session_id = $1"
                                " AND (created_at, id) > ($2, $3) AND (created_at, id) <= ($4, $5)";
    static const char FIRST[] =
        "SELECT id FROM messages WHERE session_id = $1 AND (created_at, id) > ($2, $3)"
        " ORDER BY created_at, id LIMIT 1";
    const char *const sql[] = {COUNT, FIRST};
    int64_t *const out[] = {count, first};
    for (int i = 0; i < 2; i++) {
        kali_stmt *q;
        bool row;
        kal_code code = kali_db_use(store->db, sql[i], &q, err);
        if (code != KAL_OK) return code;
        kali_bind_text(q, 1, session);
        kali_bind_text(q, 2, low->at);
        kali_bind_integer(q, 3, low->id);
        kali_bind_text(q, 4, high->at);
        kali_bind_integer(q, 5, high->id);
        code = kali_step(q, &row, err);
        if (code != KAL_OK) return code;
        *out[i] = row ? kali_integer(q, 0) : 0;
        kali_reset(q);
    }
    return KAL_OK;
}

static kal_code move_boundary(kal_store *store, kal_str session, const place *to, kal_str recap,
                              kal_err *err) {
    static const char SQL[] = "UPDATE sessions SET boundary_at = $2, boundary_id = $3,"
                              " recap = coalesce($4, recap) WHERE id = $1";
    kali_stmt *q;
    kal_code code = kali_db_use(store->db, SQL, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_text(q, 1, session);
    kali_bind_text(q, 2, to->at);
    kali_bind_integer(q, 3, to->id);
    kali_bind_text(q, 4, recap);
    return kali_run(q, err);
}

/* The first line of a summary, without list marks, at most 160 bytes at a character's end. */
static kal_str recap_of(kal_str text) {
    while (text.len && strchr("-*# \n", text.data[0]))
        text.data++, text.len--;
    const char *end = text.len ? memchr(text.data, '\n', text.len) : NULL;
    size_t n = end ? (size_t)(end - text.data) : text.len;
    if (n > 160) n = 160;
    while (n < text.len && n && ((unsigned char)text.data[n] & 0xC0) == 0x80)
        n--;
    return (kal_str){text.data, n};
}

static kal_code remember_boundary(kal_store *store, kal_str id, const place *before, kal_err *err) {
    static const char SQL[] =
        "UPDATE conversation_summaries SET before_at = $2, before_id = $3 WHERE id = $1";
    kali_stmt *q;
    kal_code code = kali_db_use(store->db, SQL, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_text(q, 1, id);
    kali_bind_text(q, 2, before->at);
    kali_bind_integer(q, 3, before->id);
    return kali_run(q, err);
}

/* Checks the range against the session as it is now, under the write lock. */
static kal_code check_range(kal_store *store, kal_summary *row, place *boundary, place *end,
                            kal_err *err) {
    kal_session session;
    place start;
    kali_key key = {kali_some(row->session), 0};
    int64_t first;
    kal_code code = kali_row_get(store, &kali_session_noun, key, &session, err);
    if (code == KAL_OK)
        code = find_message(store, row->session, "start_message_id", row->start_message_id, &start,
                            err);
    if (code == KAL_OK)
        code = find_message(store, row->session, "end_message_id", row->end_message_id, end, err);
    if (code != KAL_OK) return code;
    *boundary = (place){session.boundary_at, session.boundary_id};
    if (compare(&start, boundary) <= 0)
        return kali_fail(err, KAL_EXISTS, "a summary covers message %lld already",
                         (long long)start.id);
    if (compare(&start, end) > 0)
        return kali_fail(err, KAL_MISUSE, "summary.end_message_id is before its start");
    code = count_range(store, row->session, boundary, end, &row->message_count, &first, err);
    if (code == KAL_OK && first != start.id)
        return kali_fail(err, KAL_MISUSE,
                         "summary.start_message_id must be the first live message, which is %lld",
                         (long long)first);
    row->has |= KAL_SUMMARY_MESSAGE_COUNT;
    return code;
}

static kal_code store_summary(kal_store *store, const kal_summary *row, const place *before,
                              const place *end, kal_err *err) {
    kal_code code = kali_row_insert(store, &kali_summary_noun, (void *)(uintptr_t)row, err);
    if (code == KAL_OK) code = kali_index_note(store, "summary", row->id, row->summary, err);
    if (code == KAL_OK) code = remember_boundary(store, row->id, before, err);
    if (code == KAL_OK) code = move_boundary(store, row->session, end, recap_of(row->summary), err);
    return code;
}

static kal_code forget_undone(kal_store *store, kal_str session, kal_err *err) {
    static const char SQL[] = "DELETE FROM kalito_undone WHERE session_id = $1";
    return run_text(store, SQL, session, (kal_str){0}, err);
}

kal_code kal_summary_make(kal_store *store, kal_summary *row, kal_err *err) {
    place before, end;
    kali_answer_begin(store);
    kal_code code = kali_row_mint(store, &kali_summary_noun, row, err);
    if (code == KAL_OK) code = kali_row_prepare(store, &kali_summary_noun, row, err);
    if (code == KAL_OK) code = kali_write_begin(store, err);
    if (code != KAL_OK) return code;
    code = check_range(store, row, &before, &end, err);
    if (code == KAL_OK) code = store_summary(store, row, &before, &end, err);
    if (code == KAL_OK) code = forget_undone(store, row->session, err);
    return kali_write_end(store, code, err);
}

kal_code kali_archive_take(kal_store *store, kal_summary *row, kal_err *err) {
    place before, end;
    kal_code code = check_range(store, row, &before, &end, err);
    if (code == KAL_OK) code = remember_boundary(store, row->id, &before, err);
    return code == KAL_OK ? move_boundary(store, row->session, &end, (kal_str){0}, err) : code;
}

/* ---- undo and redo ---- */

/* The newest summary of the session that archived messages, and the boundary before it. */
static kal_code newest(kal_store *store, kal_str session, kal_summary *out, place *before,
                       kal_err *err) {
    static const char SQL[] =
        "SELECT s.id, s.before_at, s.before_id FROM conversation_summaries s"
        " JOIN sessions o ON o.id = s.session_id AND s.end_message_id = CAST(o.boundary_id AS TEXT)"
        " WHERE s.session_id = $1 AND s.before_at IS NOT NULL";
    kali_stmt *q;
    bool row;
    kal_str id;
    kal_code code = kali_session_exists(store, session, err);
    if (code == KAL_OK) code = kali_db_use(store->db, SQL, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_text(q, 1, session);
    code = kali_step(q, &row, err);
    if (code != KAL_OK) return code;
    if (!row) return kali_fail(err, KAL_NOT_FOUND, "the session has no summary that can be undone");
    bool copied = kali_arena_copy(&store->arena, kali_text(q, 0), &id) &&
                  kali_arena_copy(&store->arena, kali_text(q, 1), &before->at);
    before->id = kali_integer(q, 2);
    kali_reset(q);
    if (!copied) return kali_no_memory(err);
    code = get_summary(store, id, out, err);
    if (code == KAL_OK && out->parent.data)
        return kali_fail(err, KAL_REFUSED, "summary '%.*s' covers it: delete that first",
                         KALI_STR(out->parent));
    return code;
}

static kal_code keep_undone(kal_store *store, const kal_summary *s, kal_err *err) {
    static const char SQL[] =
        "INSERT INTO kalito_undone SELECT id, session_id, summary, message_count, start_message_id,"
        " end_message_id, coalesce(importance_score, 0.7), coalesce(created_at, ''), origin, model, policy,"
        " source_tokens, $2 FROM conversation_summaries WHERE id = $1";
    char now[25];
    kal_store_now(store, now);
    return run_text(store, SQL, s->id, kal_text(now), err);
}

kal_code kal_summary_undo(kal_store *store, kal_str session, kal_summary *out, kal_err *err) {
    place before;
    kali_answer_begin(store);
    kal_code code = kali_write_begin(store, err);
    if (code != KAL_OK) return code;
    code = newest(store, session, out, &before, err);
    if (code == KAL_OK) code = keep_undone(store, out, err);
    kali_key key = {out->id, 0};
    if (code == KAL_OK) code = kali_row_delete(store, &kali_summary_noun, key, err);
    if (code == KAL_OK) code = move_boundary(store, session, &before, (kal_str){0}, err);
    if (code == KAL_OK) code = kali_index_settle(store, err);
    return kali_write_end(store, code, err);
}

static kal_code newest_undone(kal_store *store, kal_str session, kal_summary *out, kal_err *err) {
    static const char SQL[] =
        "SELECT id, session_id, summary, message_count, start_message_id, end_message_id,"
        " importance_score, created_at, origin, model, policy, source_tokens, 0, NULL FROM kalito_undone"
        " WHERE session_id = $1 ORDER BY undone_at DESC, id DESC LIMIT 1";
    kali_stmt *q;
    bool row;
    kal_code code = kali_session_exists(store, session, err);
    if (code == KAL_OK) code = kali_db_use(store->db, SQL, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_text(q, 1, session);
    code = kali_step(q, &row, err);
    if (code != KAL_OK) return code;
    if (!row) return kali_fail(err, KAL_NOT_FOUND, "the session has no summary that was undone");
    code = kali_row_read(store, &kali_summary_noun, q, out, err);
    kali_reset(q);
    return code;
}

kal_code kal_summary_redo(kal_store *store, kal_str session, kal_summary *out, kal_err *err) {
    static const char FORGET[] = "DELETE FROM kalito_undone WHERE id = $1";
    place before, end;
    kali_answer_begin(store);
    kal_code code = kali_write_begin(store, err);
    if (code != KAL_OK) return code;
    code = newest_undone(store, session, out, err);
    if (code == KAL_OK) {
        code = check_range(store, out, &before, &end, err);
        if (code == KAL_MISUSE || code == KAL_EXISTS)
            code =
                kali_fail(err, KAL_NOT_FOUND, "the range of the undone summary is no longer live");
    }
    if (code == KAL_OK) code = store_summary(store, out, &before, &end, err);
    if (code == KAL_OK) code = run_text(store, FORGET, out->id, (kal_str){0}, err);
    return kali_write_end(store, code, err);
}

/* ---- summaries of summaries ---- */

/* Children follow each other: each begins with the message after the end of the one before. */
static kal_code check_child(kal_store *store, kal_summary *row, kal_str id, place *last, size_t i,
                            kal_err *err) {
    kal_summary child;
    place start, end;
    int64_t count, first;
    kal_code code = get_summary(store, id, &child, err);
    if (code != KAL_OK) return code;
    if (child.parent.data)
        return kali_fail(err, KAL_EXISTS, "summary '%.*s' is covered by another one already",
                         KALI_STR(id));
    if (child.session.len != row->session.len ||
        memcmp(child.session.data, row->session.data, row->session.len) != 0)
        return kali_fail(err, KAL_MISUSE, "summary '%.*s' is in another session", KALI_STR(id));
    code =
        find_message(store, row->session, "start_message_id", child.start_message_id, &start, err);
    if (code == KAL_OK)
        code = find_message(store, row->session, "end_message_id", child.end_message_id, &end, err);
    if (code == KAL_OK && i)
        code = count_range(store, row->session, last, &end, &count, &first, err);
    if (code != KAL_OK) return code;
    if (i && first != start.id)
        return kali_fail(err, KAL_MISUSE, "summary '%.*s' does not follow the one before it",
                         KALI_STR(id));
    if (i == 0) row->start_message_id = child.start_message_id;
    row->end_message_id = child.end_message_id;
    row->message_count += child.message_count;
    if (child.level + 1 > row->level) row->level = child.level + 1;
    *last = end;
    return KAL_OK;
}

kal_code kal_summary_merge(kal_store *store, kal_summary *row, const kal_str *children,
                           size_t count, kal_err *err) {
    static const char ADOPT[] = "UPDATE conversation_summaries SET parent = $2 WHERE id = $1";
    place last = {{0}, 0};
    if (count < 2) return kali_fail(err, KAL_MISUSE, "summary.merge needs at least two summaries");
    kali_answer_begin(store);
    row->message_count = row->level = 0;
    kal_code code = kali_row_mint(store, &kali_summary_noun, row, err);
    if (code == KAL_OK) code = kali_row_prepare(store, &kali_summary_noun, row, err);
    if (code == KAL_OK) code = kali_write_begin(store, err);
    if (code != KAL_OK) return code;
    for (size_t i = 0; i < count && code == KAL_OK; i++)
        code = check_child(store, row, children[i], &last, i, err);
    row->has |= KAL_SUMMARY_MESSAGE_COUNT | KAL_BIT(12);
    if (code == KAL_OK) code = kali_row_insert(store, &kali_summary_noun, row, err);
    if (code == KAL_OK) code = kali_index_note(store, "summary", row->id, row->summary, err);
    for (size_t i = 0; i < count && code == KAL_OK; i++)
        code = run_text(store, ADOPT, children[i], row->id, err);
    return kali_write_end(store, code, err);
}

kal_code kali_summary_release(kal_store *store, kal_str id, kal_err *err) {
    static const char ORPHAN[] =
        "UPDATE conversation_summaries SET parent = NULL WHERE parent = $1";
    static const char PIECE[] =
        "SELECT before_at, before_id, session_id,"
        " (SELECT boundary_id FROM sessions WHERE id = session_id) = CAST(end_message_id AS INTEGER),"
        " parent FROM conversation_summaries WHERE id = $1 AND before_at IS NOT NULL";
    kali_stmt *q;
    bool row;
    place before;
    kal_str session;
    kal_code code = run_text(store, ORPHAN, id, (kal_str){0}, err);
    if (code == KAL_OK) code = kali_db_use(store->db, PIECE, &q, err);
    if (code == KAL_OK) {
        kali_bind_text(q, 1, id);
        code = kali_step(q, &row, err);
    }
    if (code == KAL_OK && row) {
        bool last = kali_integer(q, 3) != 0 && kali_is_null(q, 4);
        bool copied = kali_arena_copy(&store->arena, kali_text(q, 0), &before.at) &&
                      kali_arena_copy(&store->arena, kali_text(q, 2), &session);
        before.id = kali_integer(q, 1);
        kali_reset(q);
        if (!copied)
            code = kali_no_memory(err);
        else if (!last)
            code = kali_fail(err, KAL_REFUSED,
                             "only the newest summary that archived messages can go");
        else
            code = move_boundary(store, session, &before, (kal_str){0}, err);
    }
    return code;
}
