/* The search index after adding, editing and deleting by kalito and by another program: it finds exactly the
 * rows that hold a word, holds no tombstones, and the counts of the sessions are exact. */
#include "support.h"

/* Any write of kalito completes the index. */
static void settle(fixture *f) {
    kal_session row = {.id = T("keep")};
    ok(kal_session_set(f->store, &row, &f->err));
}

static int64_t hits(fixture *f, const char *word) {
    return integer(f, "SELECT count(*) FROM kalito_messages_fts WHERE text MATCH '\"%s\"'", word);
}

static int64_t note_hits(fixture *f, const char *word) {
    return integer(f, "SELECT count(*) FROM kalito_notes_fts WHERE text MATCH '\"%s\"'", word);
}

static int with_sessions(void **state) {
    in_file(state);
    add_session(*state, "keep");
    add_session(*state, "a");
    add_session(*state, "b");
    return 0;
}

#define ON_SESSIONS(test) cmocka_unit_test_setup_teardown(test, with_sessions, tear_down)

static void a_message_is_found_as_soon_as_it_is_added(void **state) {
    fixture *f = *state;
    int64_t id = add_message(f, "a", "Where did we park the Car?");
    assert_int_equal(integer(f, "SELECT rowid FROM kalito_messages_fts WHERE text MATCH 'car'"),
                     id);
    assert_int_equal(hits(f, "parking"), 1); /* the stem counts */
    assert_int_equal(hits(f, "train"), 0);
}

static void an_edited_message_is_found_by_its_new_text_only(void **state) {
    fixture *f = *state;
    int64_t id = add_message(f, "a", "apple");
    kal_message change = {.id = id, .text = T("pear")};
    ok(kal_message_set(f->store, &change, &f->err));
    assert_int_equal(hits(f, "apple"), 0);
    assert_int_equal(hits(f, "pear"), 1);
    assert_int_equal(integer(f, "SELECT count(*) FROM kalito_tombstones"), 0);
    kal_message score = {.has = KAL_MESSAGE_IMPORTANCE, .id = id, .importance_score = 1};
    ok(kal_message_set(f->store, &score, &f->err));
    assert_int_equal(hits(f, "pear"), 1);
    assert_int_equal(count_of(f, "a"), 1);
}

static void a_deleted_message_is_no_longer_found(void **state) {
    fixture *f = *state;
    int64_t id = add_message(f, "a", "apple");
    add_message(f, "a", "apple pie");
    ok(kal_message_del(f->store, id, &f->err));
    assert_int_equal(hits(f, "apple"), 1);
    assert_int_equal(integer(f, "SELECT count(*) FROM kalito_tombstones"), 0);
}

static void pins_and_summaries_are_found(void **state) {
    fixture *f = *state;
    add_pin(f, "a", "x", "apple", 0.5);
    add_summary(f, "a", "x", "apple and pear", 0.5);
    assert_int_equal(note_hits(f, "apple"), 2);
    assert_int_equal(note_hits(f, "pear"), 1);
    kal_pin change = {.id = T("x"), .content = T("plum")};
    ok(kal_pin_set(f->store, &change, &f->err));
    assert_int_equal(note_hits(f, "apple"), 1);
    assert_int_equal(note_hits(f, "plum"), 1);
    ok(kal_summary_del(f->store, T("x"), &f->err));
    assert_int_equal(note_hits(f, "apple"), 0);
    assert_int_equal(integer(f, "SELECT count(*) FROM kalito_notes"), 1);
    add_summary(f, "a", "x", "apple again", 0.5);
    assert_int_equal(note_hits(f, "apple"), 1);
}

static void text_without_spaces_is_found_by_pairs(void **state) {
    fixture *f = *state;
    add_message(f, "a", "我们停车在三楼。");
    add_message(f, "a", "車 one 東京タワー 한국어");
    assert_int_equal(hits(f, "停车"), 1);
    assert_int_equal(hits(f, "三楼"), 1);
    assert_int_equal(hits(f, "楼三"), 0);
    assert_int_equal(hits(f, "車"), 1);
    assert_int_equal(hits(f, "東京"), 1);
    assert_int_equal(hits(f, "京タ"), 1);
    assert_int_equal(hits(f, "한국어"), 1);
    assert_int_equal(hits(f, "one"), 1);
    /* A character outside the basic plane, alone and at the end. */
    add_message(f, "a", "\xF0\xA0\x80\x80 x \xF0\xA0\x80\x80\xF0\xA0\x80\x81");
    assert_int_equal(hits(f, "\xF0\xA0\x80\x80\xF0\xA0\x80\x81"), 1);
}

static void bytes_that_are_no_text_from_another_program_do_no_harm(void **state) {
    fixture *f = *state;
    static const char *const bytes[] = {"F0", "E3",     "E381",     "E4B8",        "F09F98",
                                        "FF", "61F0",   "E4B880F0", "EDA080",      "F8808080",
                                        "C3", "610062", "00",       "E4B8E4B880E4"};
    for (int i = 0; i < 14; i++)
        run(f,
            "INSERT INTO messages(session_id, role, text, created_at)"
            " VALUES ('a', 'user', CAST(x'%s' AS TEXT), '2025-01-01')",
            bytes[i]);
    run(f, "INSERT INTO messages(session_id, role, text) VALUES ('a', 'user', NULL)");
    run(f, "INSERT INTO messages(session_id, role, text) VALUES ('a', 'user', 12.5)");
    run(f, "INSERT INTO messages(session_id, role, text) VALUES ('a', 'user', x'00FFE3')");
    settle(f);
    assert_int_equal(count_of(f, "a"), 17);
    assert_int_equal(integer(f, "SELECT count(*) FROM kalito_messages_fts_docsize"), 17);
    kal_message rows[20];
    kal_page page = {.capacity = 20};
    ok(kal_message_find(f->store, NULL, rows, &page, &f->err));
    assert_int_equal(page.count, 17);
    run(f, "UPDATE messages SET text = 'apple'");
    settle(f);
    assert_int_equal(hits(f, "apple"), 17);
    run(f, "DELETE FROM messages");
    settle(f);
    assert_int_equal(hits(f, "apple"), 0);
    assert_int_equal(count_of(f, "a"), 0);
}

static void what_another_program_writes_is_found_after_the_next_write(void **state) {
    fixture *f = *state;
    int64_t id = add_message(f, "a", "apple");
    run(f, "INSERT INTO messages(session_id, role, text, created_at)"
           " VALUES ('a', 'user', 'pear', '2025-01-01T00:00:00.000Z')");
    run(f, "UPDATE messages SET text = 'plum' WHERE id = %d", (int)id);
    run(f, "INSERT INTO semantic_pins(id, session_id, content) VALUES ('p', 'a', 'cherry')");
    run(f, "INSERT INTO conversation_summaries(id, session_id, summary, message_count)"
           " VALUES ('m', 'a', 'grape', 1)");
    settle(f);
    assert_int_equal(hits(f, "apple"), 0);
    assert_int_equal(hits(f, "plum"), 1);
    assert_int_equal(hits(f, "pear"), 1);
    assert_int_equal(note_hits(f, "cherry"), 1);
    assert_int_equal(note_hits(f, "grape"), 1);
    assert_int_equal(count_of(f, "a"), 2);
    run(f, "DELETE FROM sessions WHERE id = 'a'");
    settle(f);
    assert_int_equal(
        hits(f, "plum") + hits(f, "pear") + note_hits(f, "cherry") + note_hits(f, "grape"), 0);
    assert_int_equal(integer(f, "SELECT count(*) FROM kalito_tombstones"), 0);
}

static void what_another_program_adds_and_deletes_again_leaves_nothing(void **state) {
    fixture *f = *state;
    add_message(f, "a", "apple");
    run(f, "INSERT INTO messages(session_id, role, text) VALUES ('a', 'user', 'pear')");
    run(f, "UPDATE messages SET text = 'plum' WHERE text = 'pear'");
    run(f, "DELETE FROM messages WHERE text = 'plum'");
    run(f, "INSERT INTO semantic_pins(id, session_id, content) VALUES ('p', 'a', 'cherry')");
    run(f, "UPDATE semantic_pins SET content = 'grape' WHERE id = 'p'");
    settle(f);
    assert_int_equal(hits(f, "pear") + hits(f, "plum") + note_hits(f, "cherry"), 0);
    assert_int_equal(note_hits(f, "grape"), 1);
    assert_int_equal(count_of(f, "a"), 1);
}

static void a_text_edited_twice_and_deleted_is_forgotten_once(void **state) {
    fixture *f = *state;
    int64_t id = add_message(f, "a", "apple");
    run(f, "UPDATE messages SET text = 'pear' WHERE id = %d", (int)id);
    run(f, "UPDATE messages SET text = 'plum' WHERE id = %d", (int)id);
    settle(f);
    assert_int_equal(hits(f, "apple") + hits(f, "pear"), 0);
    assert_int_equal(hits(f, "plum"), 1);
    run(f, "UPDATE messages SET text = 'fig' WHERE id = %d", (int)id);
    run(f, "DELETE FROM messages WHERE id = %d", (int)id);
    add_message(f, "a", "apple");
    assert_int_equal(hits(f, "apple"), 1);
    assert_int_equal(hits(f, "plum") + hits(f, "fig"), 0);
}

/* ---- everything at random */

static const char *const words[] = {"apple", "pear", "plum", "cherry", "grape",
                                    "fig",   "停车", "東京", "kiwi",   "lime"};
#define WORDS 10

static void phrase(dice *d, char *out) {
    *out = 0;
    for (int n = (int)below(d, 4) + 1; n > 0; n--) {
        strcat(out, words[below(d, WORDS)]);
        strcat(out, " ");
    }
}

static void one_change(fixture *f, dice *d) {
    char text[200];
    phrase(d, text);
    const char *session = below(d, 2) ? "a" : "b";
    int64_t id = 0, count = integer(f, "SELECT count(*) FROM messages");
    if (count)
        id = integer(f, "SELECT id FROM messages ORDER BY id LIMIT 1 OFFSET %d",
                     (int)below(d, count));
    static int serial;
    char key[32];
    snprintf(key, sizeof key, "n%d", ++serial);
    switch (below(d, 14)) {
    case 0:
    case 1:
    case 2: add_message(f, session, text); break;
    case 3:
        if (id) {
            kal_message row = {.id = id, .text = T(text)};
            ok(kal_message_set(f->store, &row, &f->err));
        }
        break;
    case 4:
        if (id) ok(kal_message_del(f->store, id, &f->err));
        break;
    case 5: add_pin(f, session, key, text, 0.5); break;
    case 6: add_summary(f, session, key, text, 0.5); break;
    case 7:
    case 8:
        run(f,
            "INSERT INTO messages(session_id, role, text, created_at)"
            " VALUES ('%s', 'user', '%s', '2025-01-01T00:00:00.000Z')",
            session, text);
        break;
    case 9: run(f, "UPDATE messages SET text = '%s' WHERE id = %d", text, (int)id); break;
    case 10: run(f, "DELETE FROM messages WHERE id = %d", (int)id); break;
    case 11:
        run(f, "INSERT INTO semantic_pins(id, session_id, content) VALUES ('%s', '%s', '%s')", key,
            session, text);
        break;
    case 12: run(f, "UPDATE semantic_pins SET content = '%s' WHERE id > '%s'", text, key); break;
    case 13:
        run(f, "DELETE FROM semantic_pins WHERE id IN (SELECT id FROM semantic_pins LIMIT 1)");
        run(f,
            "UPDATE conversation_summaries SET summary = '%s' WHERE id IN"
            " (SELECT max(id) FROM conversation_summaries)",
            text);
        break;
    }
}

static void assert_exact(fixture *f) {
    for (int i = 0; i < WORDS; i++) {
        assert_int_equal(
            integer(f,
                    "SELECT count(*) FROM messages m WHERE (instr(text, '%s') > 0) <> (id IN"
                    " (SELECT rowid FROM kalito_messages_fts WHERE text MATCH '\"%s\"'))",
                    words[i], words[i]),
            0);
        assert_int_equal(
            hits(f, words[i]),
            integer(f, "SELECT count(*) FROM messages WHERE instr(text, '%s') > 0", words[i]));
        assert_int_equal(
            integer(
                f,
                "SELECT count(*) FROM kalito_notes n JOIN (SELECT 'pin' AS kind, id, content FROM"
                " semantic_pins UNION ALL SELECT 'summary', id, summary FROM"
                " conversation_summaries) x ON n.kind = x.kind AND n.key = x.id"
                " WHERE (instr(content, '%s') > 0) <> (n.id IN"
                " (SELECT rowid FROM kalito_notes_fts WHERE text MATCH '\"%s\"'))",
                words[i], words[i]),
            0);
        assert_int_equal(
            note_hits(f, words[i]),
            integer(f,
                    "SELECT (SELECT count(*) FROM semantic_pins WHERE instr(content, '%s'))"
                    " + (SELECT count(*) FROM conversation_summaries"
                    " WHERE instr(summary, '%s'))",
                    words[i], words[i]));
    }
    assert_int_equal(integer(f, "SELECT count(*) FROM kalito_tombstones"), 0);
    assert_int_equal(integer(f, "SELECT count(*) FROM sessions s WHERE message_count <>"
                                " (SELECT count(*) FROM messages WHERE session_id = s.id)"),
                     0);
    assert_int_equal(integer(f,
                             "SELECT count(*) FROM kalito_messages_fts_docsize d WHERE NOT EXISTS"
                             " (SELECT 1 FROM messages m WHERE m.id = d.id)"),
                     0);
    run(f, "INSERT INTO kalito_messages_fts(kalito_messages_fts) VALUES ('integrity-check')");
    run(f, "INSERT INTO kalito_notes_fts(kalito_notes_fts) VALUES ('integrity-check')");
}

static void after_random_changes_by_both_programs_the_index_is_exact(void **state) {
    fixture *f = *state;
    dice d = {42};
    run(f, "PRAGMA synchronous = OFF");
    for (int round = 0; round < 60; round++) {
        bool batch = below(&d, 3) == 0;
        int changes = (int)below(&d, 20) + 1;
        for (int i = 0; i < changes && !batch; i++)
            one_change(f, &d);
        if (batch) {
            /* In one transaction of kalito; every other one is taken back. */
            char text[200];
            ok(kal_store_begin(f->store, &f->err));
            for (int i = 0; i < changes; i++) {
                phrase(&d, text);
                int64_t id = add_message(f, below(&d, 2) ? "a" : "b", text);
                if (below(&d, 3) == 0) ok(kal_message_del(f->store, id, &f->err));
            }
            if (below(&d, 2))
                ok(kal_store_commit(f->store, &f->err));
            else
                kal_store_rollback(f->store);
        }
        if (below(&d, 10) == 0) reopen(f);
        settle(f);
        assert_exact(f);
    }
}

typedef struct told {
    fixture *f;
    int calls;
    int64_t done, total;
} told;

static void tell(void *context, int64_t done, int64_t total) {
    told *t = context;
    assert_true(done > t->done && done <= total);
    t->calls++;
    t->done = done;
    t->total = total;
}

static void long_indexing_tells_how_far_it_is(void **state) {
    fixture *f = *state;
    told t = {0};
    kal_options options = {.progress = tell, .context = &t};
    kal_store_close(f->store);
    ok(kal_store_open(f->path, &options, &f->store, &f->err));
    for (int round = 0; round < 2; round++) {
        run(f,
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
            " INSERT INTO messages(session_id, role, text, created_at)"
            " SELECT 'a', 'user', 'apple', '2025-01-01T00:00:00.000Z' FROM n",
            round ? 4500 : 1500);
        settle(f);
        assert_int_equal(t.calls, round ? 3 : 0); /* few are not worth a word */
    }
    assert_int_equal(t.total, 4500);
    assert_int_equal(t.done, t.total);
    t.done = 0;
    ok(kal_index_rebuild(f->store, &f->err));
    assert_int_equal(t.done, 6000);
}

static void a_second_store_keeps_the_same_index(void **state) {
    fixture *f = *state;
    kal_store *first = f->store, *second = second_store(f);
    dice d = {3};
    for (int i = 0; i < 60; i++) {
        f->store = below(&d, 2) ? first : second;
        char text[200];
        phrase(&d, text);
        int64_t id = add_message(f, "a", text);
        if (below(&d, 3) == 0) {
            f->store = below(&d, 2) ? first : second;
            ok(kal_message_del(f->store, id, &f->err));
        }
    }
    f->store = first;
    assert_exact(f);
    kal_store_close(second);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_SESSIONS(a_message_is_found_as_soon_as_it_is_added),
        ON_SESSIONS(an_edited_message_is_found_by_its_new_text_only),
        ON_SESSIONS(a_deleted_message_is_no_longer_found),
        ON_SESSIONS(pins_and_summaries_are_found),
        ON_SESSIONS(text_without_spaces_is_found_by_pairs),
        ON_SESSIONS(bytes_that_are_no_text_from_another_program_do_no_harm),
        ON_SESSIONS(what_another_program_writes_is_found_after_the_next_write),
        ON_SESSIONS(what_another_program_adds_and_deletes_again_leaves_nothing),
        ON_SESSIONS(a_text_edited_twice_and_deleted_is_forgotten_once),
        ON_SESSIONS(after_random_changes_by_both_programs_the_index_is_exact),
        ON_SESSIONS(a_second_store_keeps_the_same_index),
        ON_SESSIONS(long_indexing_tells_how_far_it_is),
    };
    return cmocka_run_group_tests_name("index", tests, NULL, NULL);
}
