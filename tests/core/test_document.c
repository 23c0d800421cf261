/* The records of messages that recall reads instead of rows: what they say, their neighbours, scopes, other programs. */
#include "support.h"

#include "search/document.h"

static kali_documents load(fixture *f) {
    kali_documents d;
    kali_scope all = {0};
    ok(kali_documents_load(f->store, &all, &d, &f->err));
    return d;
}

static const kali_record *record(const kali_documents *d, int64_t id) {
    uint32_t at = kali_documents_find(d, id);
    return at ? &d->rows[at] : NULL;
}

/* The ids of the messages before and after one in its session; 0 none. */
static int64_t before(const kali_documents *d, int64_t id) {
    uint32_t place = kali_documents_previous(d, kali_documents_find(d, id));
    return place ? kali_documents_id(d, place) : 0;
}

static int64_t after(const kali_documents *d, int64_t id) {
    uint32_t place = kali_documents_next(d, kali_documents_find(d, id));
    return place ? kali_documents_id(d, place) : 0;
}

static int64_t say(fixture *f, const char *session, const char *role, const char *speaker, const char *text) {
    kal_message row = {.session = T(session), .role = T(role), .text = T(text)};
    if (speaker) row.speaker = T(speaker);
    ok(kal_message_add(f->store, &row, &f->err));
    return row.id;
}

static int with_sessions(void **state) {
    in_file(state);
    add_session(*state, "a");
    add_session(*state, "b");
    return 0;
}

static void a_record_says_who_speaks_and_how(void **state) {
    fixture *f = *state;
    int64_t user = say(f, "a", "user", "Ann", "Where is it, then? ");
    int64_t reply = say(f, "a", "assistant", NULL, "It's here.");
    int64_t tool = say(f, "a", "tool", NULL, "三个字 ok？");
    kali_documents d = load(f);
    assert_int_equal(record(&d, user)->flags, KALI_PRESENT | KALI_QUESTION | KALI_OPENING);
    assert_int_equal(record(&d, reply)->flags, KALI_PRESENT | KALI_ASSISTANT);
    assert_int_equal(record(&d, tool)->flags, KALI_PRESENT | KALI_OTHER | KALI_QUESTION);
    assert_int_equal(record(&d, user)->words, 4);
    assert_int_equal(record(&d, tool)->words, 4);
    assert_true(record(&d, user)->speaker > 0);
    assert_int_equal(record(&d, reply)->speaker, 0);
    assert_int_equal(record(&d, user)->day, 9191); /* days from 2000-01-01 to 2025-03-01 */
    assert_int_equal(d.messages, 3);
}

static void neighbours_are_those_of_their_session(void **state) {
    fixture *f = *state;
    int64_t one = add_message(f, "a", "one"), other_one = add_message(f, "b", "other"),
            two = add_message(f, "a", "two"), three = add_message(f, "a", "three");
    kali_documents d = load(f);
    assert_int_equal(after(&d, one), two);
    assert_int_equal(after(&d, two), three);
    assert_int_equal(before(&d, three), two);
    assert_int_equal(after(&d, three), 0);
    assert_int_equal(before(&d, other_one), 0);
    assert_int_equal(after(&d, other_one), 0);
    ok(kal_message_del(f->store, two, &f->err));
    d = load(f);
    assert_null(record(&d, two));
    assert_int_equal(d.messages, 3);
}

static void neighbours_reach_over_blocks_and_large_ids(void **state) {
    fixture *f = *state;
    int64_t last = 0, far = 5000000;
    ok(kal_store_begin(f->store, &f->err));
    for (int i = 0; i < 700; i++)
        last = add_message(f, "a", "x");
    kal_message row = {.has = KAL_MESSAGE_ID, .id = far, .session = T("a"), .role = T("user"), .text = T("far")};
    ok(kal_message_add(f->store, &row, &f->err));
    ok(kal_store_commit(f->store, &f->err));
    kali_documents d = load(f);
    int64_t id = before(&d, far), expected = last;
    for (int i = 0; i < 700; i++, expected--) {
        assert_int_equal(id, expected);
        id = before(&d, id);
    }
    assert_int_equal(id, 0);
    assert_null(record(&d, 4999999));
    assert_null(record(&d, -1));
}

static void a_scope_leaves_out_sessions(void **state) {
    fixture *f = *state;
    int64_t one = add_message(f, "a", "one"), two = add_message(f, "b", "two");
    uint8_t first = 1u << 1; /* the session with number 1 */
    kali_documents d;
    kali_scope only = {.only = &first, .numbers = 8}, without = {.without = &first, .numbers = 8};
    ok(kali_documents_load(f->store, &only, &d, &f->err));
    assert_non_null(record(&d, one));
    assert_null(record(&d, two));
    ok(kali_documents_load(f->store, &without, &d, &f->err));
    assert_null(record(&d, one));
    assert_non_null(record(&d, two));
}

static void ids_below_zero_from_another_program_have_no_record(void **state) {
    fixture *f = *state;
    add_message(f, "a", "apple");
    run(f, "INSERT INTO messages(id, session_id, role, text, created_at)"
           " VALUES (-5, 'a', 'user', 'pear', '2025-01-01T00:00:00.000Z')");
    run(f, "UPDATE messages SET text = 'plum' WHERE id = -5");
    run(f, "DELETE FROM messages WHERE id = -5");
    run(f, "INSERT INTO messages(id, session_id, role, text, created_at)"
           " VALUES (-9223372036854775807, 'a', 'user', 'pear', '2025-01-01T00:00:00.000Z')");
    run(f, "UPDATE messages SET text = 'plum' WHERE id < 0");
    kal_hit hits[5];
    size_t count;
    kal_query query = {.text = T("plum apple"), .limit = 5};
    ok(kal_recall_find(f->store, &query, hits, &count, &f->err));
    assert_int_equal(count, 1);
    assert_text(hits[0].message.text, "apple");
}

static void damaged_records_do_no_harm(void **state) {
    fixture *f = *state;
    for (int i = 0; i < 40; i++)
        say(f, i % 3 ? "a" : "b", i % 2 ? "user" : "assistant", i % 5 ? "Ann" : NULL, "apple pear? plum");
    dice d = {4};
    kal_hit hits[5];
    size_t count;
    kal_query query = {.text = T("When did Ann eat an apple and a pear?"), .limit = 5};
    for (int round = 0; round < 600; round++) {
        char hex[2 * 480 + 1];
        int n = (int)below(&d, 480);
        for (int i = 0; i < n; i++) {
            int byte = below(&d, 4) ? (int)below(&d, 256) : 0;
            /* Most records name a session that is there: those of others are passed over. */
            if (i % 12 < 3 && below(&d, 8)) byte = i % 12 ? 0 : 1 + (int)below(&d, 2);
            sprintf(hex + 2 * i, "%02x", (unsigned)byte);
        }
        hex[2 * n] = 0;
        run(f, "UPDATE kalito_documents SET records = x'%s'", hex);
        ok(kal_recall_find(f->store, &query, hits, &count, &f->err));
    }
}

/* ---- everything at random ---- */

static void assert_newest_first(fixture *f, const kali_documents *d) {
    assert_int_equal(d->latest_count, integer(f, "SELECT count(DISTINCT session_id) FROM messages"));
    for (size_t i = 0; i < d->latest_count; i++) {
        const kali_chain *c = &d->chains[d->latest[i]], *newer = i ? &d->chains[d->latest[i - 1]] : NULL;
        int64_t last = kali_documents_id(d, c->first + c->messages - 1);
        if (newer) assert_true(last < kali_documents_id(d, newer->first + newer->messages - 1));
    }
}

/* The neighbours of every message are those that the rows say, and the sums are those of the rows. */
static void assert_neighbours(fixture *f, kal_store *store) {
    kali_documents d;
    kali_scope all = {0};
    bool speakers[256];
    ok(kali_documents_load(store, &all, &d, &f->err));
    sqlite3_stmt *q;
    int64_t count = 0;
    assert_int_equal(
        sqlite3_prepare_v2(other(f),
                           "SELECT id, lag(id, 1, 0) OVER w, lead(id, 1, 0) OVER w, length(text) = 3 FROM messages"
                           " WINDOW w AS (PARTITION BY session_id ORDER BY created_at, id)",
                           -1, &q, NULL),
        SQLITE_OK);
    for (; sqlite3_step(q) == SQLITE_ROW; count++) {
        const kali_record *r = record(&d, sqlite3_column_int64(q, 0));
        assert_non_null(r);
        int64_t id = sqlite3_column_int64(q, 0);
        assert_int_equal(before(&d, id), sqlite3_column_int64(q, 1));
        assert_int_equal(after(&d, id), sqlite3_column_int64(q, 2));
        assert_int_equal(r->words, sqlite3_column_int64(q, 3) ? 1 : 2);
        assert_int_equal(!(r->flags & KALI_OPENING), before(&d, id) != 0);
    }
    sqlite3_finalize(q);
    assert_int_equal(d.messages, count);
    assert_newest_first(f, &d);
    assert_int_equal(d.words, integer(f, "SELECT coalesce(sum(CASE length(text) WHEN 3 THEN 1 ELSE 2 END), 0)"
                                         " FROM messages"));
    kali_documents_speakers(&d, speakers);
    assert_int_equal(speakers[1] + speakers[2],
                     integer(f, "SELECT count(DISTINCT speaker) FROM messages WHERE role <> 'assistant'"));
}

static int64_t any_message(fixture *f, dice *d) {
    int64_t count = integer(f, "SELECT count(*) FROM messages");
    return count ? integer(f, "SELECT id FROM messages ORDER BY id LIMIT 1 OFFSET %d", (int)below(d, count)) : 0;
}

/* By kalito: adding at the end and in between, editing, deleting. */
static void own_change(fixture *f, dice *d) {
    static const char *const texts[] = {"one", "two words", "why?"}, *const roles[] = {"user", "assistant", "tool"};
    static const char *const names[] = {"Ann", "Bob", ""};
    kal_message row = {.id = any_message(f, d), .session = T(below(d, 3) ? "a" : "b"), .text = T(texts[below(d, 2)])};
    char time[40];
    snprintf(time, sizeof time, "2025-03-01T09:%02d:00.%03dZ", (int)below(d, 60), (int)below(d, 3));
    row.role = T(roles[below(d, 3)]);
    row.speaker = T(names[below(d, 2)]);
    switch (row.id ? below(d, 8) : 0) {
    case 0: row.created_at = T(time); /* fall through */
    case 1:
    case 2: ok(kal_message_add(f->store, &row, &f->err)); return;
    case 3: ok(kal_message_del(f->store, row.id, &f->err)); return;
    case 4: row.text = (kal_str){0}; break;
    case 5: row.role = row.speaker = (kal_str){0}; break;
    case 6: row.role = (kal_str){0}; break;
    }
    row.session = (kal_str){0};
    ok(kal_message_set(f->store, &row, &f->err));
}

static void change_by_another(fixture *f, dice *d) {
    int id = (int)any_message(f, d);
    switch (below(d, 5)) {
    case 0: run(f, "DELETE FROM messages WHERE id = %d", id); break;
    case 1: run(f, "UPDATE messages SET text = 'two words' WHERE id = %d", id); break;
    case 2: run(f, "DELETE FROM messages WHERE id BETWEEN %d AND %d AND session_id = 'a'", id, id + 4); break;
    default:
        run(f, "INSERT INTO messages(session_id, role, text, created_at) VALUES ('%s', 'user', 'one',"
               " '2025-03-01T09:%02d:00.000Z')", below(d, 2) ? "a" : "b", (int)below(d, 60));
    }
}

static void one_change(fixture *f, dice *d, kal_store *stores[2]) {
    int kind = (int)below(d, 12);
    f->store = stores[below(d, 4) == 0];
    if (kind == 0) {
        change_by_another(f, d);
    } else if (kind == 1 && below(d, 8) == 0) {
        kal_err err;
        kal_session_del(f->store, T("b"), &err);
        add_session(f, "b");
    } else if (kind == 2) {
        bool keep = below(d, 2);
        ok(kal_store_begin(f->store, &f->err));
        for (int64_t i = below(d, 8); i >= 0; i--) {
            /* What it changed itself is seen within the transaction. */
            kal_message row = {.session = T("a"), .role = T("user"), .text = T("one")};
            ok(kal_message_add(f->store, &row, &f->err));
            kali_documents documents = load(f);
            if (below(d, 3) == 0) ok(kal_message_del(f->store, row.id, &f->err));
            assert_true(documents.messages > 0);
        }
        if (keep)
            ok(kal_store_commit(f->store, &f->err));
        else
            kal_store_rollback(f->store);
    } else {
        own_change(f, d);
    }
}

static void neighbours_are_exact_after_any_change(void **state) {
    fixture *f = *state;
    kal_store *stores[2] = {f->store, second_store(f)};
    kal_finding findings[4];
    size_t count;
    run(f, "PRAGMA synchronous = OFF");
    for (int seed = 1; seed <= 4; seed++) {
        dice d = {(uint64_t)seed};
        for (int i = 0; i < 150; i++) {
            one_change(f, &d, stores);
            if (below(&d, 3)) continue;
            for (int k = 0; k < 2; k++) {
                f->store = stores[k];
                ok(kali_index_refresh(f->store, &f->err));
                assert_neighbours(f, stores[k]);
            }
        }
        f->store = stores[0];
        ok(kal_index_check(f->store, findings, 4, &count, &f->err));
        if (count) fail_msg("%.*s", (int)findings[0].what.len, findings[0].what.data);
        assert_neighbours(f, f->store);
        if (seed == 2) ok(kal_index_rebuild(f->store, &f->err));
        assert_neighbours(f, f->store);
    }
    kal_store_close(stores[1]);
}

static void a_wrong_time_in_a_record_is_found(void **state) {
    fixture *f = *state;
    kal_finding findings[4];
    size_t count;
    int64_t one = add_message(f, "a", "one");
    add_message(f, "a", "two");
    run(f, "UPDATE messages SET created_at = '2025-03-01T11:00:00.000Z' WHERE id = %d", (int)one);
    ok(kal_index_check(f->store, findings, 4, &count, &f->err));
    assert_int_equal(count, 1);
    assert_text(findings[0].what, "message 1 has a wrong record");
    ok(kal_index_rebuild(f->store, &f->err));
    kali_documents d = load(f);
    assert_int_equal(after(&d, 2), one);
}

#define ON_SESSIONS(test) cmocka_unit_test_setup_teardown(test, with_sessions, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_SESSIONS(a_record_says_who_speaks_and_how),
        ON_SESSIONS(neighbours_are_those_of_their_session),
        ON_SESSIONS(neighbours_reach_over_blocks_and_large_ids),
        ON_SESSIONS(a_scope_leaves_out_sessions),
        ON_SESSIONS(ids_below_zero_from_another_program_have_no_record),
        ON_SESSIONS(damaged_records_do_no_harm),
        ON_SESSIONS(neighbours_are_exact_after_any_change),
        ON_SESSIONS(a_wrong_time_in_a_record_is_found),
    };
    return cmocka_run_group_tests_name("document", tests, NULL, NULL);
}
