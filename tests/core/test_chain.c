/* Summaries that archive: their ranges follow each other without gap or overlap up to the boundary, and no archived
 * message is without one, whatever is added, summarised, merged, undone, made again and deleted. */
#include "support.h"

/* One question of the other connection: how many rows break a rule of the chain. */
#define RULE(sql) "SELECT count(*) FROM " sql
static const char *const RULES[] = {
    /* Every archived message lies in exactly one piece, found by the places of its ends. */
    RULE("messages m JOIN sessions s ON s.id = m.session_id"
         " WHERE (m.created_at, m.id) <= (s.boundary_at, s.boundary_id) AND 1 <>"
         " (SELECT count(*) FROM conversation_summaries c"
         " JOIN messages a ON a.id = CAST(c.start_message_id AS INTEGER)"
         " JOIN messages b ON b.id = CAST(c.end_message_id AS INTEGER)"
         " WHERE c.session_id = m.session_id AND c.before_at IS NOT NULL"
         " AND (m.created_at, m.id) BETWEEN (a.created_at, a.id) AND (b.created_at, b.id))"),
    /* No live one does. */
    RULE("messages m JOIN sessions s ON s.id = m.session_id"
         " WHERE (m.created_at, m.id) > (s.boundary_at, s.boundary_id) AND 0 <>"
         " (SELECT count(*) FROM conversation_summaries c"
         " JOIN messages b ON b.id = CAST(c.end_message_id AS INTEGER)"
         " WHERE c.session_id = m.session_id AND (m.created_at, m.id) <= (b.created_at, b.id))"),
    /* The ends are there, and the count is that of the messages between them. */
    RULE(
        "conversation_summaries c WHERE c.message_count <> (SELECT count(*) FROM messages m, messages a, messages b"
        " WHERE m.session_id = c.session_id AND a.id = CAST(c.start_message_id AS INTEGER)"
        " AND b.id = CAST(c.end_message_id AS INTEGER)"
        " AND (m.created_at, m.id) BETWEEN (a.created_at, a.id) AND (b.created_at, b.id))"),
    /* A mark is the end of the piece before it, or the beginning; the boundary is the end of the last. */
    RULE(
        "conversation_summaries c WHERE before_id <> 0 AND NOT EXISTS (SELECT 1 FROM conversation_summaries p"
        " JOIN messages m ON m.id = CAST(p.end_message_id AS INTEGER) WHERE p.session_id = c.session_id"
        " AND p.before_at IS NOT NULL AND m.created_at = c.before_at AND m.id = c.before_id)"),
    RULE("sessions s WHERE boundary_id <> 0 AND NOT EXISTS (SELECT 1 FROM conversation_summaries p"
         " JOIN messages m ON m.id = CAST(p.end_message_id AS INTEGER) WHERE p.session_id = s.id"
         " AND p.before_at IS NOT NULL AND m.created_at = s.boundary_at AND m.id = s.boundary_id)"),
    /* A summary of summaries covers something, from the first of its children to the last. */
    RULE(
        "conversation_summaries c WHERE level > 0 AND (message_count IS NOT (SELECT sum(message_count)"
        " FROM conversation_summaries k WHERE k.parent = c.id) OR level <= (SELECT max(level)"
        " FROM conversation_summaries k WHERE k.parent = c.id))"),
    RULE("conversation_summaries c WHERE parent IS NOT NULL AND NOT EXISTS"
         " (SELECT 1 FROM conversation_summaries p WHERE p.id = c.parent)"),
};

static void check_chain(fixture *f, int step) {
    kal_remark rows[16];
    kal_report report = {.rows = rows, .capacity = 16};
    for (size_t i = 0; i < sizeof RULES / sizeof *RULES; i++)
        if (integer(f, "%s", RULES[i])) fail_msg("step %d breaks rule %zu: %s", step, i, RULES[i]);
    ok(kal_store_check(f->store, KAL_CHECK_QUICK, &report, &f->err));
    for (size_t i = 0; i < report.count; i++)
        if (rows[i].wrong || strstr(rows[i].what, "summaries"))
            fail_msg("step %d: check says %s", step, rows[i].what);
}

static int64_t nth(fixture *f, const char *where, int64_t n) {
    return integer(
        f,
        "SELECT coalesce((SELECT id FROM (SELECT m.id FROM messages m, sessions s WHERE s.id = 's' AND"
        " (m.created_at, m.id) %s (s.boundary_at, s.boundary_id) ORDER BY m.created_at, m.id"
        " LIMIT 1 OFFSET %lld)), 0)",
        where, (long long)n);
}

static kal_code make(fixture *f, dice *d) {
    char from[24], to[24];
    int64_t first = nth(f, ">", 0), last = nth(f, ">", below(d, 6));
    if (!first || !last) return KAL_NOT_FOUND;
    snprintf(from, sizeof from, "%lld", (long long)first);
    snprintf(to, sizeof to, "%lld", (long long)last);
    kal_summary row = {.session = T("s"),
                       .summary = T("They talked."),
                       .start_message_id = T(from),
                       .end_message_id = T(to)};
    return kal_summary_make(f->store, &row, &f->err);
}

/* The oldest summaries without a parent become one. */
static kal_code merge(fixture *f, dice *d) {
    char ids[3][64];
    kal_str children[3];
    size_t count = 2 + (size_t)below(d, 2), found = 0;
    sqlite3_stmt *q;
    static const char SQL[] = "SELECT c.id FROM conversation_summaries c JOIN messages m"
                              " ON m.id = CAST(c.start_message_id AS INTEGER)"
                              " WHERE c.parent IS NULL ORDER BY m.created_at, m.id";
    assert_int_equal(sqlite3_prepare_v2(other(f), SQL, -1, &q, NULL), SQLITE_OK);
    while (found < count && sqlite3_step(q) == SQLITE_ROW) {
        snprintf(ids[found], sizeof *ids, "%s", (const char *)sqlite3_column_text(q, 0));
        children[found] = T(ids[found]);
        found++;
    }
    sqlite3_finalize(q);
    kal_summary row = {.session = T("s"), .summary = T("They talked more.")};
    return kal_summary_merge(f->store, &row, children, found, &f->err);
}

static kal_code delete_message(fixture *f, dice *d) {
    const char *where = below(d, 4) ? "<=" : ">"; /* archived ones, most of the time */
    int64_t n = integer(
        f,
        "SELECT count(*) FROM messages m, sessions s WHERE s.id = 's' AND (m.created_at, m.id) %s"
        " (s.boundary_at, s.boundary_id)",
        where);
    int64_t id = n ? nth(f, where, below(d, n)) : 0;
    return id ? kal_message_del(f->store, id, &f->err) : KAL_NOT_FOUND;
}

static kal_code delete_summary(fixture *f) {
    kal_summary rows[1];
    kal_filter filter = {.session = T("s"), .order = KAL_ORDER_NEWEST};
    kal_page page = {.capacity = 1};
    ok(kal_summary_find(f->store, &filter, rows, &page, &f->err));
    char id[64];
    if (!page.count) return KAL_NOT_FOUND;
    snprintf(id, sizeof id, "%.*s", (int)rows[0].id.len, rows[0].id.data);
    return kal_summary_del(f->store, T(id), &f->err);
}

static kal_code step_of(fixture *f, dice *d) {
    kal_summary row;
    int64_t n = below(d, 100), size = count_of(f, "s");
    if (size > 120) return delete_message(f, d);
    if (n < 32) return add_message(f, "s", "They talked about boats.") ? KAL_OK : KAL_IO;
    if (n < 52) return make(f, d);
    if (n < 55) return merge(f, d);
    if (n < 66) return kal_summary_undo(f->store, T("s"), &row, &f->err);
    if (n < 70) return kal_summary_redo(f->store, T("s"), &row, &f->err);
    if (n < 97) return delete_message(f, d);
    return delete_summary(f);
}

static void ranges_hold_whatever_is_done(void **state) {
    fixture *f = *state;
    dice d = {20261128};
    int done[2] = {0, 0};
    const int steps = getenv("KALITO_LONG") ? 10000 : 1000;
    for (int step = 0; step < steps; step++) {
        kal_code code = step_of(f, &d);
        if (code == KAL_CORRUPT || code == KAL_IO || code == KAL_NOMEM)
            fail_msg("step %d: %s", step, f->err.message);
        done[code == KAL_OK]++;
        if (step % 50 == 0) check_chain(f, step);
    }
    check_chain(f, steps);
    assert_true(done[1] > steps / 2);
    assert_true(integer(f, "SELECT max(level) FROM conversation_summaries") > 1);
}

/* Eight messages, the first six of them in three pieces of two, the first two of which are summarised together. */
static void pieces(fixture *f) {
    char ids[3][64];
    for (int i = 1; i <= 8; i++)
        assert_int_equal(add_message(f, "s", "They talked."), i);
    for (int i = 0; i < 3; i++) {
        char from[4], to[4];
        snprintf(from, sizeof from, "%d", 2 * i + 1);
        snprintf(to, sizeof to, "%d", 2 * i + 2);
        kal_summary row = {.session = T("s"),
                           .summary = T("They talked."),
                           .start_message_id = T(from),
                           .end_message_id = T(to)};
        ok(kal_summary_make(f->store, &row, &f->err));
        snprintf(ids[i], sizeof *ids, "%s", row.id.data);
    }
    kal_str children[] = {T(ids[0]), T(ids[1])};
    kal_summary row = {.session = T("s"), .summary = T("They talked."), .id = T("whole")};
    ok(kal_summary_merge(f->store, &row, children, 2, &f->err));
}

static void what_loses_an_end_gets_the_message_that_is_left(void **state) {
    fixture *f = *state;
    kal_summary got;
    pieces(f);
    ok(kal_message_del(f->store, 2, &f->err));
    ok(kal_message_del(f->store, 6, &f->err));
    check_chain(f, 0);
    assert_int_equal(integer(f, "SELECT boundary_id FROM sessions WHERE id = 's'"), 5);
    assert_int_equal(integer(f, "SELECT count(*) FROM conversation_summaries"), 4);
    ok(kal_summary_get(f->store, T("whole"), &got, &f->err));
    assert_text(got.start_message_id, "1");
    assert_text(got.end_message_id, "4");
    assert_int_equal(got.message_count, 3);
    ok(kal_summary_undo(f->store, T("s"), &got, &f->err));
    assert_int_equal(integer(f, "SELECT boundary_id FROM sessions WHERE id = 's'"), 4);
    check_chain(f, 1);
}

static void what_loses_all_of_its_messages_goes(void **state) {
    fixture *f = *state;
    kal_summary got;
    pieces(f);
    for (int id = 3; id <= 4; id++)
        ok(kal_message_del(f->store, id, &f->err));
    check_chain(f, 0);
    assert_int_equal(integer(f, "SELECT count(*) FROM conversation_summaries"), 3);
    for (int id = 1; id <= 2; id++)
        ok(kal_message_del(f->store, id, &f->err));
    check_chain(f, 1);
    fails(KAL_NOT_FOUND, kal_summary_get(f->store, T("whole"), &got, &f->err));
    for (int id = 5; id <= 6; id++)
        ok(kal_message_del(f->store, id, &f->err));
    check_chain(f, 2);
    assert_int_equal(integer(f, "SELECT boundary_id FROM sessions WHERE id = 's'"), 0);
    fails(KAL_NOT_FOUND, kal_summary_undo(f->store, T("s"), &got, &f->err));
}

static void a_summary_of_what_is_forgotten_keeps_its_place(void **state) {
    fixture *f = *state;
    kal_summary got;
    int64_t count;
    pieces(f);
    kal_message change = {.id = 6, .text = T("a secret walrus")};
    ok(kal_message_set(f->store, &change, &f->err));
    kal_forget what = {.like = T("walrus")};
    ok(kal_session_forget(f->store, &what, &count, &f->err));
    check_chain(f, 0);
    ok(kal_summary_undo(f->store, T("s"), &got, &f->err));
    assert_text(got.end_message_id, "5");
    check_chain(f, 1);
}

static int with_session(void **state) {
    in_file(state);
    add_session(*state, "s");
    return 0;
}

#define ON_SESSION(test) cmocka_unit_test_setup_teardown(test, with_session, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_SESSION(what_loses_an_end_gets_the_message_that_is_left),
        ON_SESSION(what_loses_all_of_its_messages_goes),
        ON_SESSION(a_summary_of_what_is_forgotten_keeps_its_place),
        ON_SESSION(ranges_hold_whatever_is_done),
    };
    return cmocka_run_group_tests_name("chain", tests, NULL, NULL);
}
