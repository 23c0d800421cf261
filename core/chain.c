/*
** chain.c: keeping the ranges of summaries whole when archived messages are deleted. A piece covers what lies between
** the mark before it and the next piece's mark (the session's boundary behind the last one); marks are positions, and
** stay known when their message is gone. What lost an end gets the nearest message that is left, what lost all of its
** messages goes, and summaries of summaries follow what they cover.
*/
#include "internal.h"

/* $1 is the session; ($2, $3) the place of the message that is gone, or NULL when there are many. */
#define ALL " ($2 IS NULL OR "

/* The pieces that lost something, with the marks that they lie between. */
#define PIECES                                                                                     \
    " FROM (SELECT s.id AS piece, s.before_at AS from_at, s.before_id AS from_id,"                 \
    " lead(s.before_at, 1, o.boundary_at) OVER w AS to_at,"                                        \
    " lead(s.before_id, 1, o.boundary_id) OVER w AS to_id"                                         \
    " FROM conversation_summaries s JOIN sessions o ON o.id = s.session_id"                        \
    " WHERE s.session_id = $1 AND s.before_at IS NOT NULL"                                         \
    " WINDOW w AS (ORDER BY s.before_at, s.before_id)) p WHERE" ALL                                \
    "(p.from_at, p.from_id) < ($2, $3) AND ($2, $3) <= (p.to_at, p.to_id))"
#define INSIDE                                                                                     \
    " FROM messages m WHERE m.session_id = $1"                                                     \
    " AND (m.created_at, m.id) > (p.from_at, p.from_id) AND (m.created_at, m.id) <= (p.to_at, p.to_id)"
#define OLDEST " ORDER BY m.created_at, m.id LIMIT 1"
#define NEWEST " ORDER BY m.created_at DESC, m.id DESC LIMIT 1"

static const char DROP_PIECES[] =
    "DELETE FROM conversation_summaries WHERE id IN (SELECT p.piece" PIECES
    " AND NOT EXISTS (SELECT 1" INSIDE "))";

static const char SET_PIECES[] =
    "UPDATE conversation_summaries SET start_message_id = r.first, end_message_id = r.last,"
    " message_count = r.n FROM (SELECT p.piece, (SELECT count(*)" INSIDE ") AS n,"
    " (SELECT CAST(m.id AS TEXT)" INSIDE OLDEST ") AS first,"
    " (SELECT CAST(m.id AS TEXT)" INSIDE NEWEST ") AS last" PIECES
    ") r WHERE conversation_summaries.id = r.piece";

/* The last message at or before a mark; the beginning when there is none. */
#define BACK(at, id)                                                                               \
    "(SELECT created_at, id FROM (SELECT m.created_at, m.id FROM messages m"                       \
    " WHERE m.session_id = $1 AND (m.created_at, m.id) <= (" at ", " id ")" NEWEST ") f"           \
    " UNION ALL SELECT '', 0 LIMIT 1)"

static const char MOVE_MARKS[] = "UPDATE conversation_summaries SET (before_at, before_id) = " BACK(
    "before_at", "before_id") " WHERE session_id = $1 AND before_at IS NOT NULL AND" ALL
                              "(before_at, before_id) = ($2, $3))";

static const char MOVE_BOUNDARY[] = "UPDATE sessions SET (boundary_at, boundary_id) = " BACK(
    "boundary_at", "boundary_id") " WHERE id = $1 AND" ALL "(boundary_at, boundary_id) = ($2, $3))";

static const char DROP_PARENTS[] =
    "DELETE FROM conversation_summaries WHERE session_id = $1 AND level > 0 AND id NOT IN"
    " (SELECT c.parent FROM conversation_summaries c WHERE c.session_id = $1 AND c.parent IS NOT NULL)";

/* $2 is the level of those that are set. */
static const char SET_PARENTS[] =
    "UPDATE conversation_summaries SET start_message_id = r.first, end_message_id = r.last,"
    " message_count = r.n FROM (SELECT DISTINCT c.parent,"
    " first_value(c.start_message_id) OVER (PARTITION BY c.parent ORDER BY a.created_at, a.id) AS first,"
    " first_value(c.end_message_id) OVER (PARTITION BY c.parent ORDER BY b.created_at DESC, b.id DESC) AS last,"
    " sum(c.message_count) OVER (PARTITION BY c.parent) AS n FROM conversation_summaries c"
    " JOIN messages a ON a.id = CAST(c.start_message_id AS INTEGER)"
    " JOIN messages b ON b.id = CAST(c.end_message_id AS INTEGER)"
    " WHERE c.session_id = $1 AND c.parent IS NOT NULL) r"
    " WHERE conversation_summaries.id = r.parent AND conversation_summaries.level = $2";

static kal_code run(kal_store *store, const char *sql, const kali_gap *gap, kal_err *err) {
    kali_stmt *q;
    kal_code code = kali_db_use(store->db, sql, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_text(q, 1, gap->session);
    kali_bind_text(q, 2, gap->at);
    kali_bind_integer(q, 3, gap->id);
    return kali_run(q, err);
}

/* Runs a statement whose $2 is a number, and reads the number that it answers, if it does. */
static kal_code run_level(kal_store *store, const char *sql, kal_str session, int64_t level,
                          int64_t *out, kal_err *err) {
    kali_stmt *q;
    bool row;
    kal_code code = kali_db_use(store->db, sql, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_text(q, 1, session);
    kali_bind_integer(q, 2, level);
    code = kali_step(q, &row, err);
    if (code == KAL_OK && row) *out = kali_integer(q, 0);
    kali_reset(q);
    return code;
}

static kal_code mend_parents(kal_store *store, const kali_gap *gap, kal_err *err) {
    static const char HIGHEST[] = "SELECT coalesce(max(level), 0) FROM conversation_summaries"
                                  " WHERE session_id = $1 AND $2 = 0";
    int64_t highest = 0, none;
    kal_code code = run_level(store, HIGHEST, gap->session, 0, &highest, err);
    for (int64_t level = 1; level <= highest && code == KAL_OK; level++) {
        code = run(store, DROP_PARENTS, gap, err);
        if (code == KAL_OK) code = run_level(store, SET_PARENTS, gap->session, level, &none, err);
    }
    return code;
}

kal_code kali_chain_mend(kal_store *store, const kali_gap *gap, kal_err *err) {
    static const char *const STEPS[] = {DROP_PIECES, SET_PIECES, MOVE_MARKS, MOVE_BOUNDARY};
    kal_code code = KAL_OK;
    for (size_t i = 0; i < sizeof STEPS / sizeof *STEPS && code == KAL_OK; i++)
        code = run(store, STEPS[i], gap, err);
    return code == KAL_OK ? mend_parents(store, gap, err) : code;
}

kal_code kali_chain_find(kal_store *store, int64_t id, kali_gap *out, kal_err *err) {
    static const char SQL[] =
        "SELECT s.id, m.created_at FROM messages m JOIN sessions s ON s.id = m.session_id"
        " WHERE m.id = $1 AND (m.created_at, m.id) <= (s.boundary_at, s.boundary_id)";
    kali_stmt *q;
    bool row, copied = true;
    *out = (kali_gap){.id = id};
    kal_code code = kali_db_use(store->db, SQL, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_integer(q, 1, id);
    code = kali_step(q, &row, err);
    if (code == KAL_OK && row)
        copied = kali_arena_copy(&store->arena, kali_text(q, 0), &out->session) &&
                 kali_arena_copy(&store->arena, kali_text(q, 1), &out->at);
    kali_reset(q);
    return copied ? code : kali_no_memory(err);
}
