/* Figures of a store and of a session, what is foreign in a file, and transactions for reading. */
#include "support.h"

static void add(fixture *f, const char *session, const char *role, const char *text,
                double importance, const char *model, int64_t used, const char *time) {
    kal_message row = {.has = KAL_MESSAGE_IMPORTANCE | (used ? KAL_MESSAGE_TOKEN_USAGE : 0u),
                       .session = T(session),
                       .role = T(role),
                       .text = T(text),
                       .importance_score = importance,
                       .model = T(model),
                       .token_usage = used,
                       .created_at = T(time)};
    ok(kal_message_add(f->store, &row, &f->err));
}

static const kal_str EVERYTHING = {NULL, 0};

static void an_empty_store_has_only_zeros(void **state) {
    fixture *f = *state;
    kal_stats s;
    memset(&s, 0x55, sizeof s);
    ok(kal_stats_get(f->store, EVERYTHING, &s, &f->err));
    assert_int_equal(s.sessions + s.messages + s.archived + s.tokens + s.personas, 0);
    assert_int_equal(s.usage_count, 0);
    assert_string_equal(s.oldest, "");
    assert_string_equal(s.newest, "");
}

static void messages_are_counted_by_role_importance_and_model(void **state) {
    fixture *f = *state;
    kal_stats s;
    add_session(f, "a");
    add_session(f, "b");
    add(f, "a", "user", "one two three", 0, NULL, 0, "2025-01-02T00:00:00.000Z");
    add(f, "a", "assistant", "four", 0.3, "m1", 10, "2025-01-01T00:00:00.000Z");
    add(f, "b", "system", "five", 0.99, "m2", 5, "2025-03-01T00:00:00.000Z");
    add(f, "b", "tool", "six", 1, "m1", 7, "2025-02-01T00:00:00.000Z");
    ok(kal_stats_get(f->store, EVERYTHING, &s, &f->err));
    assert_int_equal(s.sessions, 2);
    assert_int_equal(s.sessions_temporary, 2);
    assert_int_equal(s.messages, 4);
    assert_int_equal(s.user, 1);
    assert_int_equal(s.assistant, 1);
    assert_int_equal(s.system, 1);
    assert_int_equal(s.tool, 1);
    assert_int_equal(s.importance[0], 1);
    assert_int_equal(s.importance[3], 1);
    assert_int_equal(s.importance[9], 2);
    assert_int_equal(s.bytes, 13 + 4 + 4 + 3);
    assert_int_equal(s.tokens, kal_tokens(T("one two three")) + kal_tokens(T("four")) +
                                   kal_tokens(T("five")) + kal_tokens(T("six")));
    assert_string_equal(s.oldest, "2025-01-01T00:00:00.000Z");
    assert_string_equal(s.newest, "2025-03-01T00:00:00.000Z");
    assert_int_equal(s.tokens_used, 22);
    assert_int_equal(s.usage_count, 2);
    assert_string_equal(s.usage[0].model, "m1");
    assert_int_equal(s.usage[0].messages, 2);
    assert_int_equal(s.usage[0].tokens, 17);
}

static void a_session_is_counted_alone_and_its_live_part_too(void **state) {
    fixture *f = *state;
    kal_stats s;
    add_session(f, "a");
    add_session(f, "b");
    for (int i = 0; i < 4; i++)
        add_message_at(f, "a", "some words", "2025-01-01T00:00:00.000Z");
    add_message(f, "b", "other");
    add_pin(f, "b", "p", "pin", 0.5);
    add_summary(f, "a", "s", "summary", 0.5);
    kal_session row = {.has = KAL_BIT(10),
                       .id = T("a"),
                       .boundary_at = T("2025-01-01T00:00:00.000Z"),
                       .boundary_id = 3};
    ok(kal_session_set(f->store, &row, &f->err));
    ok(kal_stats_get(f->store, T("a"), &s, &f->err));
    assert_int_equal(s.sessions, 1);
    assert_int_equal(s.messages, 4);
    assert_int_equal(s.archived, 3);
    assert_int_equal(s.tokens_live, kal_tokens(T("some words")) + KAL_MESSAGE_TOKENS);
    assert_int_equal(s.pins, 0);
    assert_int_equal(s.summaries, 1);
    ok(kal_stats_get(f->store, EVERYTHING, &s, &f->err));
    assert_int_equal(s.archived, 3);
    assert_int_equal(s.messages, 5);
    assert_int_equal(s.pins, 1);
    fails(KAL_NOT_FOUND, kal_stats_get(f->store, T("nobody"), &s, &f->err));
    fails(KAL_NOT_FOUND, kal_stats_get(f->store, T(""), &s, &f->err));
}

static void models_that_find_no_place_share_the_last_one(void **state) {
    fixture *f = *state;
    kal_stats s;
    char name[32];
    add_session(f, "a");
    for (int i = 0; i < 40; i++) {
        snprintf(name, sizeof name, "model %d", i);
        add(f, "a", "user", "x", 0.5, name, 1, NULL);
    }
    ok(kal_stats_get(f->store, T("a"), &s, &f->err));
    assert_int_equal(s.usage_count, KAL_STATS_MODELS);
    assert_string_equal(s.usage[KAL_STATS_MODELS - 1].model, "");
    assert_int_equal(s.usage[KAL_STATS_MODELS - 1].messages, 40 - KAL_STATS_MODELS + 1);
    assert_int_equal(s.tokens_used, 40);
}

static void rows_of_the_other_program_are_counted(void **state) {
    fixture *f = *state;
    kal_stats s;
    add_session(f, "a");
    run(f, "INSERT INTO messages(session_id, role, text, importance_score)"
           " VALUES ('a', 'AI', NULL, NULL), ('a', NULL, '', 7), ('a', 'user', x'ff', -1)");
    ok(kal_stats_get(f->store, T("a"), &s, &f->err));
    assert_int_equal(s.messages, 3);
    assert_int_equal(s.user, 1);
    assert_int_equal(s.importance[5], 1);
    assert_int_equal(s.importance[9], 1);
    assert_int_equal(s.importance[0], 1);
    assert_string_equal(s.oldest, "");
}

/* ---- foreign */

static void a_file_of_ours_has_nothing_foreign(void **state) {
    fixture *f = *state;
    size_t count = 9;
    ok(kal_store_foreign(f->store, NULL, 0, &count, &f->err));
    assert_int_equal(count, 0);
}

static void tables_views_triggers_and_columns_of_others_are_foreign(void **state) {
    fixture *f = *state;
    kal_foreign rows[8];
    size_t count;
    run(f,
        "CREATE TABLE health(x); CREATE VIEW v AS SELECT 1; CREATE INDEX i ON health(x);"
        "ALTER TABLE messages ADD COLUMN mood TEXT; ALTER TABLE personas ADD COLUMN zeal INTEGER;"
        "CREATE TRIGGER t AFTER INSERT ON health BEGIN SELECT 1; END");
    ok(kal_store_foreign(f->store, rows, 8, &count, &f->err));
    assert_int_equal(count, 5);
    assert_text(rows[0].kind, "column");
    assert_text(rows[0].name, "messages.mood");
    assert_text(rows[1].name, "personas.zeal");
    assert_text(rows[2].kind, "table");
    assert_text(rows[2].name, "health");
    assert_text(rows[3].kind, "trigger");
    assert_text(rows[4].kind, "view");
    ok(kal_store_foreign(f->store, rows, 2, &count, &f->err));
    assert_int_equal(count, 5);
}

/* ---- transactions for reading */

static void one_moment_is_seen_while_others_write(void **state) {
    fixture *f = *state;
    int64_t n;
    add_session(f, "a");
    ok(kal_store_begin_read(f->store, &f->err));
    ok(kal_message_count(f->store, NULL, &n, &f->err));
    kal_store *second = second_store(f);
    kal_message row = {.session = T("a"), .role = T("user"), .text = T("late")};
    ok(kal_message_add(second, &row, &f->err));
    kal_store_close(second);
    ok(kal_message_count(f->store, NULL, &n, &f->err));
    assert_int_equal(n, 0);
    ok(kal_store_commit(f->store, &f->err));
    ok(kal_message_count(f->store, NULL, &n, &f->err));
    assert_int_equal(n, 1);
}

static void what_others_wrote_meanwhile_is_indexed_afterwards(void **state) {
    fixture *f = *state;
    add_session(f, "a");
    run(f, "INSERT INTO messages(session_id, role, text) VALUES ('a', 'user', 'walrus')");
    ok(kal_store_begin_read(f->store, &f->err));
    int64_t n;
    ok(kal_message_count(f->store, NULL, &n, &f->err));
    ok(kal_store_commit(f->store, &f->err));
    add_message(f, "a", "after");
    assert_int_equal(count_of(f, "a"), 2);
    assert_int_equal(integer(f, "SELECT count(*) FROM kalito_messages_fts_docsize"), 2);
}

static void nothing_is_written_in_a_transaction_for_reading(void **state) {
    fixture *f = *state;
    kal_session row = {0};
    ok(kal_store_begin_read(f->store, &f->err));
    fails(KAL_MISUSE, kal_session_add(f->store, &row, &f->err));
    says("for reading");
    fails(KAL_MISUSE, kal_store_begin(f->store, &f->err));
    fails(KAL_MISUSE, kal_store_begin_read(f->store, &f->err));
    kal_store_rollback(f->store);
    add_session(f, "a");
}

/* ---- external ids of sessions */

static void a_session_is_found_by_its_external_id(void **state) {
    fixture *f = *state;
    kal_session row = {.id = T("a"), .external_id = T("import:1")}, got;
    ok(kal_session_add(f->store, &row, &f->err));
    ok(kal_session_get_external(f->store, T("import:1"), &got, &f->err));
    assert_text(got.id, "a");
    fails(KAL_NOT_FOUND, kal_session_get_external(f->store, T("import:2"), &got, &f->err));
    fails(KAL_NOT_FOUND, kal_session_get_external(f->store, EVERYTHING, &got, &f->err));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_MEMORY(an_empty_store_has_only_zeros),
        ON_MEMORY(messages_are_counted_by_role_importance_and_model),
        ON_MEMORY(a_session_is_counted_alone_and_its_live_part_too),
        ON_MEMORY(models_that_find_no_place_share_the_last_one),
        ON_FILE(rows_of_the_other_program_are_counted),
        ON_FILE(a_file_of_ours_has_nothing_foreign),
        ON_FILE(tables_views_triggers_and_columns_of_others_are_foreign),
        ON_FILE(one_moment_is_seen_while_others_write),
        ON_FILE(what_others_wrote_meanwhile_is_indexed_afterwards),
        ON_FILE(nothing_is_written_in_a_transaction_for_reading),
        ON_MEMORY(a_session_is_found_by_its_external_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
