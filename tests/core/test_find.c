/* Lists: every condition and order, pages of any size, what is added or removed meanwhile. */
#include "support.h"

/* ---- what one search gives, as text: "1 2 5" */

static char found[65536];

static void find_messages(fixture *f, const kal_filter *filter, size_t capacity) {
    kal_message rows[64];
    kal_page page = {.capacity = capacity};
    found[0] = 0;
    while (!page.done) {
        ok(kal_message_find(f->store, filter, rows, &page, &f->err));
        assert_true(page.count <= capacity);
        for (size_t i = 0; i < page.count; i++)
            sprintf(found + strlen(found), "%lld ", (long long)rows[i].id);
    }
}

#define TEXT_NOUN(noun)                                                                            \
    static void find_##noun##s(fixture *f, const kal_filter *filter, size_t capacity) {            \
        kal_##noun rows[64];                                                                       \
        kal_page page = {.capacity = capacity};                                                    \
        found[0] = 0;                                                                              \
        while (!page.done) {                                                                       \
            ok(kal_##noun##_find(f->store, filter, rows, &page, &f->err));                         \
            for (size_t i = 0; i < page.count; i++)                                                \
                sprintf(found + strlen(found), "%s ", rows[i].id.data);                            \
        }                                                                                          \
    }
TEXT_NOUN(session)
TEXT_NOUN(persona)
TEXT_NOUN(pin)
TEXT_NOUN(summary)

#define assert_found(noun, want, ...)                                                              \
    do {                                                                                           \
        kal_filter filter = {__VA_ARGS__};                                                         \
        for (size_t capacity = 1; capacity < 5; capacity++) {                                      \
            find_##noun##s(f, &filter, capacity);                                                  \
            assert_string_equal(found, want);                                                      \
        }                                                                                          \
    } while (0)

#define count_is(noun, want, ...)                                                                  \
    do {                                                                                           \
        kal_filter filter = {__VA_ARGS__};                                                         \
        int64_t count;                                                                             \
        ok(kal_##noun##_count(f->store, &filter, &count, &f->err));                                \
        assert_int_equal(count, want);                                                             \
    } while (0)

/* ---- sessions, personas, pins, summaries */

static void add_full_session(fixture *f, const char *id, const char *name, const char *persona,
                             const char *created, const char *updated, bool saved,
                             const char *archived) {
    kal_session row = {.has = KAL_SESSION_SAVED | KAL_BIT(4),
                       .id = T(id),
                       .name = T(name),
                       .persona = T(persona),
                       .created_at = T(created),
                       .updated_at = T(updated),
                       .saved = saved,
                       .archived_at = T(archived)};
    ok(kal_session_add(f->store, &row, &f->err));
}

static void sessions_are_found_by_every_condition(void **state) {
    fixture *f = *state;
    add_persona(f, "p", "general", false);
    add_full_session(f, "abc1", "Trip", "p", "2025-01-01", "2025-01-05", true, NULL);
    add_full_session(f, "abc2", "Trip", NULL, "2025-01-02", "2025-01-04", false, NULL);
    add_full_session(f, "abd", "Work", "p", "2025-01-03", "2025-01-03", false, "2025-02-01");
    add_full_session(f, "b", NULL, NULL, "2025-01-03", "2025-01-03", true, NULL);
    assert_found(session, "abc1 abc2 b abd ");
    assert_found(session, "abc1 abc2 b abd ", .order = KAL_ORDER_NEWEST);
    assert_found(session, "abc1 abc2 abd b ", .order = KAL_ORDER_OLDEST);
    assert_found(session, "abc1 abc2 ", .name = T("Trip"));
    assert_found(session, "", .name = T("trip"));
    assert_found(session, "abc1 abd ", .persona = T("p"));
    assert_found(session, "abc1 abc2 abd ", .id_prefix = T("ab"), .order = KAL_ORDER_OLDEST);
    assert_found(session, "abc1 ", .id_prefix = T("abc1"));
    assert_found(session, "", .id_prefix = T("abc11"));
    assert_found(session, "abc1 abc2 abd b ", .id_prefix = T(""), .order = KAL_ORDER_OLDEST);
    assert_found(session, "abc1 b ", .saved = 1);
    assert_found(session, "abc2 abd ", .saved = -1);
    assert_found(session, "abd ", .scope = KAL_SCOPE_ARCHIVED);
    assert_found(session, "abc1 abc2 b ", .scope = KAL_SCOPE_LIVE);
    assert_found(session, "abc1 abc2 ", .since = T("2025-01-04"));
    assert_found(session, "b abd ", .before = T("2025-01-04 00:00:00"));
    assert_found(session, "abc1 abc2 ", .limit = 2);
    assert_found(session, "abc1 ", .limit = 1, .name = T("Trip"));
    count_is(session, 4, );
    count_is(session, 2, .name = T("Trip"), .limit = 1);
    count_is(session, 3, .id_prefix = T("ab"));
    count_is(session, 1, .scope = KAL_SCOPE_ARCHIVED);
    count_is(session, 2, .saved = 1);
    count_is(session, 2, .since = T("2025-01-04"));
}

static void an_id_prefix_reaches_over_all_characters(void **state) {
    fixture *f = *state;
    static const char *const ids[] = {"x", "x\x01", "xa", "x~", "x\xC3\xA4", "x\xF4\x8F\xBF\xBD",
                                      "y"};
    for (int i = 0; i < 7; i++)
        add_session(f, ids[i]);
    count_is(session, 6, .id_prefix = T("x"));
    char *prefix = letters(256);
    count_is(session, 0, .id_prefix = {prefix, 255});
    kal_filter filter = {.id_prefix = {prefix, 256}};
    int64_t count;
    fails(KAL_MISUSE, kal_session_count(f->store, &filter, &count, &f->err));
    free(prefix);
}

static void personas_are_found_by_name_category_and_prefix(void **state) {
    fixture *f = *state;
    add_persona(f, "cc", "code", false);
    add_persona(f, "aa", "general", true);
    add_persona(f, "bb", "code", true);
    kal_persona twin = {.id = T("ab"), .name = T("aa"), .prompt = T("x")};
    ok(kal_persona_add(f->store, &twin, &f->err));
    assert_found(persona, "aa ab bb cc ");
    assert_found(persona, "cc aa bb ab ", .order = KAL_ORDER_OLDEST);
    assert_found(persona, "ab bb aa cc ", .order = KAL_ORDER_NEWEST);
    assert_found(persona, "bb cc ", .category = T("code"));
    assert_found(persona, "aa ab ", .name = T("aa"));
    assert_found(persona, "aa ab ", .id_prefix = T("a"));
    assert_found(persona, "aa ", .limit = 1);
    count_is(persona, 2, .category = T("code"));
}

static void pins_are_found_by_every_condition(void **state) {
    fixture *f = *state;
    add_session(f, "s");
    add_session(f, "t");
    static const struct {
        const char *id, *session, *type, *time;
        double importance;
    } rows[] = {{"p1", "s", "user", "2025-01-01", 0.5}, {"p2", "s", "auto", "2025-01-02", 0.9},
                {"p3", "t", "user", "2025-01-03", 0.9}, {"p4", "s", "user", "2025-01-03", 0.5},
                {"p5", "s", "user", "2025-01-03", 0.5}, {"p6", "s", "code", "2025-01-04", 0}};
    for (int i = 0; i < 6; i++) {
        kal_pin row = {.has = KAL_PIN_IMPORTANCE,
                       .id = T(rows[i].id),
                       .session = T(rows[i].session),
                       .content = T("x"),
                       .importance_score = rows[i].importance,
                       .pin_type = T(rows[i].type),
                       .created_at = T(rows[i].time)};
        ok(kal_pin_add(f->store, &row, &f->err));
    }
    assert_found(pin, "p3 p2 p5 p4 p1 p6 ");
    assert_found(pin, "p2 p5 p4 p1 p6 ", .session = T("s"));
    assert_found(pin, "p2 p5 p4 p1 p6 ", .session = T("s"), .order = KAL_ORDER_IMPORTANCE);
    assert_found(pin, "p1 p2 p3 p4 p5 p6 ", .order = KAL_ORDER_OLDEST);
    assert_found(pin, "p6 p5 p4 p2 p1 ", .session = T("s"), .order = KAL_ORDER_NEWEST);
    assert_found(pin, "p6 p5 p4 p3 p2 p1 ", .order = KAL_ORDER_NEWEST);
    assert_found(pin, "p1 p2 p4 p5 p6 ", .session = T("s"), .order = KAL_ORDER_OLDEST);
    assert_found(pin, "p2 p5 p4 p1 ", .session = T("s"), .min_importance = 0.5);
    assert_found(pin, "p5 p4 p1 ", .session = T("s"), .pin_type = T("user"));
    assert_found(pin, "p5 p4 p6 ", .session = T("s"), .since = T("2025-01-03"));
    assert_found(pin, "p2 p1 ", .session = T("s"), .before = T("2025-01-03"));
    assert_found(pin, "p3 p2 p5 ", .limit = 3);
    assert_found(pin, "", .session = T("none"));
    count_is(pin, 6, );
    count_is(pin, 5, .session = T("s"));
    count_is(pin, 4, .pin_type = T("user"), .min_importance = 0.5);
}

static void summaries_are_found_by_every_condition(void **state) {
    fixture *f = *state;
    add_session(f, "s");
    add_session(f, "t");
    add_summary(f, "s", "m1", "x", 0.2);
    add_summary(f, "t", "m2", "x", 1);
    add_summary(f, "s", "m3", "x", 0.8);
    assert_found(summary, "m1 m2 m3 ");
    assert_found(summary, "m1 m3 ", .session = T("s"));
    assert_found(summary, "m3 m2 m1 ", .order = KAL_ORDER_NEWEST);
    assert_found(summary, "m2 m3 m1 ", .order = KAL_ORDER_IMPORTANCE);
    assert_found(summary, "m3 m1 ", .session = T("s"), .order = KAL_ORDER_IMPORTANCE);
    assert_found(summary, "m3 ", .session = T("s"), .min_importance = 0.8);
    assert_found(summary, "", .since = T("2030-01-01"));
    assert_found(summary, "m1 m2 m3 ", .before = T("2030-01-01"));
    count_is(summary, 2, .session = T("s"));
}

/* ---- messages: the same search in plain SQL is the judge */

static void expect(fixture *f, const char *sql, char *out) {
    sqlite3_stmt *q;
    if (sqlite3_prepare_v2(other(f), sql, -1, &q, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(f->other));
    *out = 0;
    while (sqlite3_step(q) == SQLITE_ROW)
        out += sprintf(out, "%lld ", (long long)sqlite3_column_int64(q, 0));
    sqlite3_finalize(q);
}

static void fill(fixture *f, dice *d) {
    static const char *const roles[] = {"user", "assistant", "system", "tool"};
    ok(kal_store_begin(f->store, &f->err));
    for (int i = 0; i < 3; i++) {
        char id[2] = {(char)('a' + i), 0};
        add_session(f, id);
    }
    for (int i = 0; i < 200; i++) {
        char session[2] = {(char)('a' + below(d, 3)), 0}, time[32];
        snprintf(time, sizeof time, "2025-01-%02dT00:00:00.000Z", (int)below(d, 8) + 1);
        kal_message row = {.has = KAL_MESSAGE_IMPORTANCE,
                           .session = T(session),
                           .role = T(roles[below(d, 4)]),
                           .text = T("x"),
                           .importance_score = (double)below(d, 5) / 4,
                           .created_at = T(time)};
        ok(kal_message_add(f->store, &row, &f->err));
    }
    ok(kal_store_commit(f->store, &f->err));
    run(f, "UPDATE messages SET importance_score = NULL WHERE id %% 17 = 0");
    for (int i = 0; i < 3; i++)
        run(f,
            "UPDATE sessions SET boundary_at = '2025-01-%02dT00:00:00.000Z', boundary_id = %d"
            " WHERE id = '%c'",
            i * 3, (int)below(d, 200), 'a' + i);
}

static void every_search_agrees_with_plain_sql(void **state) {
    fixture *f = *state;
    dice d = {7};
    static char want[65536], sql[2000];
    static const char *const order[] = {
        "m.created_at, m.id", "m.created_at, m.id", "m.created_at DESC, m.id DESC",
        "coalesce(importance_score, 0.5) DESC, m.created_at DESC, m.id DESC"};
    fill(f, &d);
    for (int round = 0; round < 1500; round++) {
        char session[2] = {(char)('a' + below(&d, 4)), 0}, since[32], before[32];
        kal_filter filter = {.order = (kal_order)below(&d, 4)};
        char *p = sql;
        p += sprintf(p,
                     "SELECT m.id FROM messages m JOIN sessions s ON s.id = m.session_id WHERE 1");
        bool of_session = below(&d, 4) > 0;
        if (of_session) {
            filter.session = T(session);
            p += sprintf(p, " AND session_id = '%s'", session);
        }
        if (below(&d, 3) == 0) {
            filter.role = T(below(&d, 2) ? "user" : "tool");
            p += sprintf(p, " AND role = '%s'", filter.role.data);
        }
        if (below(&d, 3) == 0) {
            filter.min_importance = (double)below(&d, 5) / 4;
            p += sprintf(p, " AND coalesce(importance_score, 0.5) >= %g", filter.min_importance);
        }
        if (below(&d, 3) == 0) {
            snprintf(since, sizeof since, "2025-01-%02d", (int)below(&d, 9) + 1);
            filter.since = T(since);
            p += sprintf(p, " AND m.created_at >= '%sT00:00:00.000Z'", since);
        }
        if (below(&d, 3) == 0) {
            snprintf(before, sizeof before, "2025-01-%02d", (int)below(&d, 9) + 1);
            filter.before = T(before);
            p += sprintf(p, " AND m.created_at < '%sT00:00:00.000Z'", before);
        }
        if (of_session && session[0] != 'd' && below(&d, 2)) {
            filter.scope = below(&d, 2) ? KAL_SCOPE_LIVE : KAL_SCOPE_ARCHIVED;
            p += sprintf(p, " AND (m.created_at, m.id) %s (boundary_at, boundary_id)",
                         filter.scope == KAL_SCOPE_LIVE ? ">" : "<=");
        }
        int64_t count;
        ok(kal_message_count(f->store, &filter, &count, &f->err));
        /* All sessions together go by id, except by importance. */
        const char *by = of_session || filter.order == KAL_ORDER_IMPORTANCE ? order[filter.order]
                         : filter.order == KAL_ORDER_NEWEST                 ? "m.id DESC"
                                                                            : "m.id";
        p += sprintf(p, " ORDER BY %s", by);
        expect(f, sql, want);
        int64_t total = 0;
        for (char *c = want; *c; c++)
            total += *c == ' ';
        assert_int_equal(count, total);
        if (below(&d, 3) == 0) {
            filter.limit = below(&d, 30) + 1;
            sprintf(p, " LIMIT %d", (int)filter.limit);
            expect(f, sql, want);
        }
        find_messages(f, &filter, (size_t)below(&d, 20) + 1);
        if (strcmp(found, want) != 0) fail_msg("%s\ngave %s\nnot  %s", sql, found, want);
    }
}

static void the_boundary_divides_a_session_in_two(void **state) {
    fixture *f = *state;
    add_session(f, "s");
    for (int i = 0; i < 6; i++)
        add_message_at(f, "s", "x", i < 3 ? "2025-01-01" : "2025-01-02");
    assert_found(message, "1 2 3 4 5 6 ", .session = T("s"), .scope = KAL_SCOPE_LIVE);
    assert_found(message, "", .session = T("s"), .scope = KAL_SCOPE_ARCHIVED);
    kal_session row = {
        .has = KAL_BIT(10), .id = T("s"), .boundary_at = T("2025-01-01"), .boundary_id = 2};
    ok(kal_session_set(f->store, &row, &f->err));
    assert_found(message, "1 2 ", .session = T("s"), .scope = KAL_SCOPE_ARCHIVED);
    assert_found(message, "3 4 5 6 ", .session = T("s"), .scope = KAL_SCOPE_LIVE);
    assert_found(message, "6 5 4 3 ", .session = T("s"), .scope = KAL_SCOPE_LIVE,
                 .order = KAL_ORDER_NEWEST);
    assert_found(message, "1 2 3 4 5 6 ", .session = T("s"));
    count_is(message, 2, .session = T("s"), .scope = KAL_SCOPE_ARCHIVED);
    count_is(message, 4, .session = T("s"), .scope = KAL_SCOPE_LIVE);
    row = (kal_session){
        .has = KAL_BIT(10), .id = T("s"), .boundary_at = T("2025-01-02"), .boundary_id = INT64_MAX};
    ok(kal_session_set(f->store, &row, &f->err));
    count_is(message, 6, .session = T("s"), .scope = KAL_SCOPE_ARCHIVED);
    assert_found(message, "", .session = T("s"), .scope = KAL_SCOPE_LIVE);
    kal_filter filter = {.session = T("none"), .scope = KAL_SCOPE_LIVE};
    kal_page page = {.capacity = 1};
    kal_message rows[1];
    fails(KAL_NOT_FOUND, kal_message_find(f->store, &filter, rows, &page, &f->err));
}

static void a_session_with_a_large_recap_still_gives_pages_with_rows(void **state) {
    fixture *f = *state;
    char *recap = letters(3000000);
    kal_session row = {.id = T("s"), .recap = {recap, 3000000}};
    ok(kal_session_add(f->store, &row, &f->err));
    free(recap);
    add_message(f, "s", "x");
    kal_filter filter = {.session = T("s"), .scope = KAL_SCOPE_LIVE};
    kal_page page = {.capacity = 8};
    kal_message rows[8];
    ok(kal_message_find(f->store, &filter, rows, &page, &f->err));
    assert_int_equal(page.count, 1);
}

static void large_texts_end_a_page_early(void **state) {
    fixture *f = *state;
    char *text = letters(300000);
    add_session(f, "s");
    for (int i = 0; i < 10; i++)
        add_message(f, "s", text);
    free(text);
    kal_page page = {.capacity = 64};
    kal_message rows[64];
    int pages = 0, total = 0;
    for (; !page.done; pages++) {
        ok(kal_message_find(f->store, NULL, rows, &page, &f->err));
        total += (int)page.count;
    }
    assert_int_equal(total, 10);
    assert_true(pages >= 3 && pages <= 5);
}

/* ---- what happens meanwhile */

static void messages_added_meanwhile_are_not_visited(void **state) {
    fixture *f = *state;
    add_session(f, "s");
    add_session(f, "t");
    for (int i = 0; i < 5; i++)
        add_message(f, "s", "x");
    for (int order = 0; order <= KAL_ORDER_IMPORTANCE; order++)
        for (int all = 0; all < 2; all++) {
            kal_filter filter = {.order = (kal_order)order, .session = all ? T(NULL) : T("s")};
            kal_page page = {.capacity = 1};
            kal_message row;
            int64_t before, visited = 0;
            ok(kal_message_count(f->store, &filter, &before, &f->err));
            for (; !page.done; visited += (int64_t)page.count) {
                ok(kal_message_find(f->store, &filter, &row, &page, &f->err));
                if (page.count) add_message_at(f, "s", "added", visited % 2 ? "2020-01-01" : NULL);
            }
            assert_int_equal(visited, before);
        }
}

static void a_loop_that_adds_sessions_pins_or_personas_ends(void **state) {
    fixture *f = *state;
    add_session(f, "s");
    add_pin(f, "s", "p0", "x", 0.5);
    add_pin(f, "s", "p1", "x", 0.5);
    add_persona(f, "a", "general", false);
    char id[32];
    for (int order = KAL_ORDER_OLDEST; order <= KAL_ORDER_NEWEST; order++) {
        kal_filter filter = {.order = (kal_order)order};
        kal_page sessions = {.capacity = 1}, pins = {.capacity = 1}, personas = {.capacity = 1};
        int64_t had[3], got[3] = {0};
        ok(kal_session_count(f->store, NULL, &had[0], &f->err));
        ok(kal_pin_count(f->store, NULL, &had[1], &f->err));
        ok(kal_persona_count(f->store, NULL, &had[2], &f->err));
        for (int i = 0; !sessions.done || !pins.done || !personas.done; i++) {
            assert_true(i < 20);
            kal_session session;
            ok(kal_session_find(f->store, &filter, &session, &sessions, &f->err));
            got[0] += (int64_t)sessions.count;
            kal_pin pin;
            ok(kal_pin_find(f->store, &filter, &pin, &pins, &f->err));
            got[1] += (int64_t)pins.count;
            kal_persona persona;
            ok(kal_persona_find(f->store, &filter, &persona, &personas, &f->err));
            got[2] += (int64_t)personas.count;
            snprintf(id, sizeof id, "z%d-%d", order, i);
            add_session(f, id);
            add_pin(f, "s", id, "x", 0.5);
            add_persona(f, id, "general", false);
        }
        for (int i = 0; i < 3; i++)
            assert_int_equal(got[i], had[i]);
    }
}

static void rows_deleted_meanwhile_do_not_disturb(void **state) {
    fixture *f = *state;
    add_session(f, "s");
    for (int i = 0; i < 9; i++)
        add_message(f, "s", "x");
    kal_filter filter = {.session = T("s")};
    kal_page page = {.capacity = 2};
    kal_message rows[2];
    found[0] = 0;
    while (!page.done) {
        ok(kal_message_find(f->store, &filter, rows, &page, &f->err));
        int64_t ids[2];
        for (size_t i = 0; i < page.count; i++)
            sprintf(found + strlen(found), "%lld ", (long long)(ids[i] = rows[i].id));
        for (size_t i = 0; i < page.count; i++)
            ok(kal_message_del(f->store, ids[i], &f->err));
        if (ids[0] == 1) ok(kal_message_del(f->store, 5, &f->err));
    }
    assert_string_equal(found, "1 2 3 4 6 7 8 9 ");
}

static void a_finished_page_stays_finished(void **state) {
    fixture *f = *state;
    kal_session row;
    kal_page page = {.capacity = 1};
    ok(kal_session_find(f->store, NULL, &row, &page, &f->err));
    assert_true(page.done && page.count == 0);
    add_session(f, "s");
    ok(kal_session_find(f->store, NULL, &row, &page, &f->err));
    assert_true(page.done && page.count == 0);
    page = (kal_page){.capacity = 1};
    ok(kal_session_find(f->store, NULL, &row, &page, &f->err));
    assert_int_equal(page.count, 1);
}

static void two_searches_at_once_do_not_disturb_each_other(void **state) {
    fixture *f = *state;
    add_session(f, "s");
    for (int i = 0; i < 4; i++)
        add_message(f, "s", "x");
    kal_page a = {.capacity = 1}, b = {.capacity = 1};
    kal_message row;
    for (int i = 1; i <= 4; i++) {
        ok(kal_message_find(f->store, NULL, &row, &a, &f->err));
        assert_int_equal(row.id, i);
        ok(kal_message_find(f->store, NULL, &row, &b, &f->err));
        assert_int_equal(row.id, i);
    }
}

static void a_search_sees_what_its_transaction_has_written(void **state) {
    fixture *f = *state;
    add_session(f, "s");
    ok(kal_store_begin(f->store, &f->err));
    f->clock += 3600000;
    add_message(f, "s", "x");
    kal_session row;
    kal_page page = {.capacity = 1};
    ok(kal_session_find(f->store, NULL, &row, &page, &f->err));
    assert_int_equal(row.message_count, 1);
    add_message(f, "s", "x");
    count_is(session, 1, .since = T("2025-03-01T10:00:00Z"));
    assert_int_equal(count_of(f, "s"), 2);
    ok(kal_store_commit(f->store, &f->err));
}

/* ---- misuse */

static void limits_and_orders_out_of_range_are_misuse(void **state) {
    fixture *f = *state;
    add_session(f, "s");
    kal_message rows[1];
    kal_filter bad[] = {{.limit = -1},
                        {.limit = INT64_MIN},
                        {.order = (kal_order)4},
                        {.order = (kal_order)-1},
                        {.order = (kal_order)1000000},
                        {.min_importance = NAN},
                        {.min_importance = -0.1},
                        {.min_importance = 1.1},
                        {.since = T("yesterday")},
                        {.before = T("")},
                        {.scope = KAL_SCOPE_LIVE}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        kal_page page = {.capacity = 1};
        int64_t count;
        fails(KAL_MISUSE, kal_message_find(f->store, &bad[i], rows, &page, &f->err));
        fails(KAL_MISUSE, kal_message_count(f->store, &bad[i], &count, &f->err));
    }
    kal_page none = {0};
    fails(KAL_MISUSE, kal_message_find(f->store, NULL, rows, &none, &f->err));
    says("capacity is 0");
    kal_page page = {.capacity = 1};
    kal_filter zero = {.limit = 0}, one = {.limit = 1}, most = {.limit = INT64_MAX};
    ok(kal_message_find(f->store, &zero, rows, &page, &f->err));
    page = (kal_page){.capacity = 1};
    ok(kal_message_find(f->store, &one, rows, &page, &f->err));
    page = (kal_page){.capacity = 1};
    ok(kal_message_find(f->store, &most, rows, &page, &f->err));
}

static void a_condition_the_noun_does_not_have_is_misuse(void **state) {
    fixture *f = *state;
    const kal_filter all[] = {{.session = T("s")},
                              {.role = T("user")},
                              {.pin_type = T("user")},
                              {.persona = T("p")},
                              {.category = T("c")},
                              {.name = T("n")},
                              {.id_prefix = T("i")},
                              {.since = T("2025-01-01")},
                              {.before = T("2025-01-01")},
                              {.min_importance = 0.5},
                              {.scope = KAL_SCOPE_LIVE},
                              {.saved = 1},
                              {.order = KAL_ORDER_IMPORTANCE}};
    /* In the order of `all`, 1 where the noun has it. A scope of messages needs a session. */
    static const struct {
        const char *name, *has;
        kal_code (*count)(kal_store *, const kal_filter *, int64_t *, kal_err *);
    } nouns[] = {{"session", "0001011110110", kal_session_count},
                 {"message", "1100000111001", kal_message_count},
                 {"persona", "0000111000000", kal_persona_count},
                 {"summary", "1000000111001", kal_summary_count},
                 {"pin", "1010000111001", kal_pin_count}};
    for (int n = 0; n < 5; n++)
        for (int i = 0; i < 13; i++) {
            int64_t count;
            kal_code want = nouns[n].has[i] == '1' ? KAL_OK : KAL_MISUSE;
            check_code(f, nouns[n].count(f->store, &all[i], &count, &f->err), want, nouns[n].name,
                       __FILE__, i);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_MEMORY(sessions_are_found_by_every_condition),
        ON_MEMORY(an_id_prefix_reaches_over_all_characters),
        ON_MEMORY(personas_are_found_by_name_category_and_prefix),
        ON_MEMORY(pins_are_found_by_every_condition),
        ON_MEMORY(summaries_are_found_by_every_condition),
        ON_FILE(every_search_agrees_with_plain_sql),
        ON_MEMORY(the_boundary_divides_a_session_in_two),
        ON_MEMORY(a_session_with_a_large_recap_still_gives_pages_with_rows),
        ON_MEMORY(large_texts_end_a_page_early),
        ON_MEMORY(messages_added_meanwhile_are_not_visited),
        ON_MEMORY(a_loop_that_adds_sessions_pins_or_personas_ends),
        ON_MEMORY(rows_deleted_meanwhile_do_not_disturb),
        ON_MEMORY(a_finished_page_stays_finished),
        ON_MEMORY(two_searches_at_once_do_not_disturb_each_other),
        ON_MEMORY(a_search_sees_what_its_transaction_has_written),
        ON_MEMORY(limits_and_orders_out_of_range_are_misuse),
        ON_MEMORY(a_condition_the_noun_does_not_have_is_misuse),
    };
    return cmocka_run_group_tests_name("find", tests, NULL, NULL);
}
