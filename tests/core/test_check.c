/* Check finds what is wrong and names what mends it; optimize mends what can be derived. */
#include "original.h"
#include "support.h"

static kal_remark rows[256];
static kal_report report;

static void check(fixture *f, kal_check level) {
    report = (kal_report){.rows = rows, .capacity = 256};
    ok(kal_store_check(f->store, level, &report, &f->err));
}

static void says_wrong(fixture *f, const char *words) {
    check(f, KAL_CHECK_ROWS);
    for (size_t i = 0; i < report.count; i++)
        if (rows[i].wrong && strstr(rows[i].what, words)) return;
    for (size_t i = 0; i < report.count; i++)
        print_error("  %s\n", rows[i].what);
    fail_msg("no remark says '%s'", words);
}

static void fill(fixture *f) {
    add_session(f, "s");
    add_session(f, "t");
    add_persona(f, "x", "general", true);
    for (int i = 0; i < 50; i++)
        add_message(f, i % 2 ? "s" : "t", "some words about apples");
    add_pin(f, "s", "p", "plum", 0.5);
    kal_summary row = {.session = T("s"), .summary = T("grape"), .start_message_id = T("2"),
                       .end_message_id = T("10")};
    ok(kal_summary_make(f->store, &row, &f->err));
    row = (kal_summary){.session = T("s"), .summary = T("kiwi"), .start_message_id = T("12"),
                        .end_message_id = T("20")};
    ok(kal_summary_make(f->store, &row, &f->err));
}

static void a_good_database_has_nothing_wrong(void **state) {
    fixture *f = *state;
    fill(f);
    add_message(f, "s", "..."); /* no word of it is in the index */
    for (int level = KAL_CHECK_QUICK; level <= KAL_CHECK_FULL; level++) {
        check(f, (kal_check)level);
        assert_int_equal(report.wrong, 0);
        assert_true(report.count > 0); /* its size */
    }
}

static void every_kind_of_wrong_row_is_found(void **state) {
    fixture *f = *state;
    static const char *const faults[][3] = {
        {"UPDATE messages SET role = 'robot' WHERE id = 3", "without a role",
         "UPDATE messages SET role = 'user' WHERE id = 3"},
        {"UPDATE messages SET importance_score = 1.5 WHERE id = 3", "messages with an importance",
         "UPDATE messages SET importance_score = 1 WHERE id = 3"},
        {"UPDATE messages SET importance_score = 'high' WHERE id = 3", "messages with an importance",
         "UPDATE messages SET importance_score = 1 WHERE id = 3"},
        {"UPDATE messages SET token_usage = -1 WHERE id = 3", "token usage",
         "UPDATE messages SET token_usage = NULL WHERE id = 3"},
        {"UPDATE sessions SET message_count = 7 WHERE id = 's'", "wrong count",
         "UPDATE sessions SET message_count = 25 WHERE id = 's'"},
        {"UPDATE sessions SET boundary_id = 21 WHERE id = 's'", "last archived message",
         "UPDATE sessions SET boundary_id = 20 WHERE id = 's'"},
        {"INSERT INTO personas(id, name, prompt, category, is_default) VALUES ('y', 'y', 'p', 'general', 1)",
         "beside another one of their category", "UPDATE personas SET is_default = 0 WHERE id = 'y'"},
        {"UPDATE personas SET temperature = 9 WHERE id = 'y'", "temperature",
         "UPDATE personas SET temperature = 1 WHERE id = 'y'"},
        {"UPDATE semantic_pins SET pin_type = 'odd'", "unknown type", "UPDATE semantic_pins SET pin_type = 'user'"},
        {"UPDATE semantic_pins SET importance_score = -1", "pins with an importance",
         "UPDATE semantic_pins SET importance_score = 1"},
        {"UPDATE conversation_summaries SET importance_score = NULL", "summaries with an importance",
         "UPDATE conversation_summaries SET importance_score = 0.7"},
        {"UPDATE conversation_summaries SET before_id = 8 WHERE before_id = 10", "leave a gap",
         "UPDATE conversation_summaries SET before_id = 10 WHERE before_id = 8"},
        {"UPDATE conversation_summaries SET parent = 'none' WHERE summary = 'kiwi'", "summary of summaries is gone",
         "UPDATE conversation_summaries SET parent = NULL"},
        {"DELETE FROM kalito_meta", "name of the database",
         "INSERT INTO kalito_meta(key, value) VALUES ('store_id', 'x')"},
    };
    fill(f);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        run(f, "%s", faults[i][0]);
        says_wrong(f, faults[i][1]);
        assert_int_equal(report.wrong, 1);
        run(f, "%s", faults[i][2]);
        check(f, KAL_CHECK_ROWS);
        if (report.wrong) fail_msg("still wrong after: %s", faults[i][2]);
    }
}

static void a_rebuild_mends_what_can_be_derived(void **state) {
    fixture *f = *state;
    fill(f);
    run(f, "PRAGMA foreign_keys = OFF");
    run(f, ORIGINAL_ADD, "gone", "user", "lonely words", "2025-01-01 00:00:00");
    run(f, "INSERT INTO semantic_pins(id, session_id, content) VALUES ('lost', 'nowhere', 'c')");
    run(f, "UPDATE sessions SET message_count = 99; DELETE FROM kalito_documents;"
           "DELETE FROM kalito_notes; DELETE FROM kalito_meta");
    check(f, KAL_CHECK_ROWS);
    assert_true(report.wrong >= 4);
    report = (kal_report){.rows = rows, .capacity = 256};
    ok(kal_store_optimize(f->store, KAL_OPTIMIZE_REBUILD, &report, &f->err));
    check(f, KAL_CHECK_FULL);
    for (size_t i = 0; i < report.count; i++)
        if (rows[i].wrong) print_error("%s\n", rows[i].what);
    assert_int_equal(report.wrong, 0);
    assert_int_equal(count_of(f, "s"), 25);
    kal_session session;
    ok(kal_session_get(f->store, T("gone"), &session, &f->err));
    assert_int_equal(session.message_count, 1);
    kal_hit hits[5];
    size_t n;
    kal_query query = {.text = T("lonely"), .limit = 5};
    ok(kal_recall_find(f->store, &query, hits, &n, &f->err));
    assert_true(n >= 1);
}

static void an_entry_missing_in_the_search_index_is_found_by_the_full_check(void **state) {
    fixture *f = *state;
    fill(f);
    run(f, "INSERT INTO kalito_messages_fts(kalito_messages_fts, rowid, text) VALUES"
           " ('delete', 7, 'some words about apples')");
    check(f, KAL_CHECK_ROWS);
    assert_int_equal(report.wrong, 0);
    check(f, KAL_CHECK_FULL);
    assert_true(report.wrong > 0);
    ok(kal_store_optimize(f->store, KAL_OPTIMIZE_REBUILD, &report, &f->err));
    check(f, KAL_CHECK_FULL);
    assert_int_equal(report.wrong, 0);
}

static void damage_is_a_remark_and_no_failure(void **state) {
    fixture *f = *state;
    size_t size;
    dice d = {5};
    fill(f);
    for (int i = 0; i < 500; i++)
        add_message(f, "s", "some words that fill the pages of this file until it has many of them");
    kal_store_close(f->store);
    f->store = NULL;
    sqlite3_close(f->other);
    f->other = NULL;
    char *data = read_file(f->path, &size);
    for (int round = 0; round < 30; round++) {
        char *copy = malloc(size);
        memcpy(copy, data, size);
        for (int i = 0; i < 4; i++)
            memset(copy + 4096 + below(&d, (int64_t)size - 8192), (int)below(&d, 256), 3000);
        write_file(f->path, copy, size);
        free(copy);
        kal_code code = kal_store_open(f->path, NULL, &f->store, &f->err);
        if (code == KAL_OK) {
            check(f, KAL_CHECK_FULL);
            assert_true(report.wrong > 0);
            kal_store_close(f->store);
            f->store = NULL;
        } else if (code != KAL_CORRUPT && code != KAL_NOT_KALITO && code != KAL_IO) {
            fail_msg("%s: %s", kal_code_name(code), f->err.message);
        }
    }
    free(data);
}

static void a_file_with_much_free_room_is_packed(void **state) {
    fixture *f = *state;
    add_session(f, "s");
    char *text = letters(100000);
    for (int i = 0; i < 60; i++)
        add_message(f, "s", text);
    free(text);
    add_session(f, "t");
    int64_t kept = add_message(f, "t", "plum");
    ok(kal_session_del(f->store, T("s"), &f->err));
    kal_store_info before, after;
    ok(kal_store_stat(f->store, &before, &f->err));
    int64_t size = before.file_size;
    assert_true(before.free_size > 1 << 20);
    report = (kal_report){.rows = rows, .capacity = 256};
    ok(kal_store_optimize(f->store, 0, &report, &f->err));
    ok(kal_store_stat(f->store, &after, &f->err));
    assert_true(after.file_size < size / 4);
    assert_int_equal(after.wal_size, 0);
    kal_message row;
    ok(kal_message_get(f->store, kept, &row, &f->err));
    check(f, KAL_CHECK_FULL);
    assert_int_equal(report.wrong, 0);
}

static void the_journal_can_be_changed_and_stays(void **state) {
    fixture *f = *state;
    kal_store_info info;
    fill(f);
    ok(kal_store_journal(f->store, "delete", &f->err));
    reopen(f);
    ok(kal_store_stat(f->store, &info, &f->err));
    assert_text(info.journal_mode, "delete");
    add_message(f, "s", "x");
    kal_store *second = second_store(f);
    ok(kal_store_journal(f->store, "wal", &f->err));
    kal_store_close(second);
    reopen(f);
    ok(kal_store_stat(f->store, &info, &f->err));
    assert_text(info.journal_mode, "wal");
    fails(KAL_MISUSE, kal_store_journal(f->store, "off", &f->err));
    kal_options options = options_of(f);
    options.busy_ms = 50;
    kal_store_close(f->store);
    ok(kal_store_open(f->path, &options, &f->store, &f->err));
    second = second_store(f);
    fails(KAL_BUSY, kal_store_journal(f->store, "delete", &f->err));
    kal_store_close(second);
}

static void the_index_of_importance_is_built_on_request(void **state) {
    fixture *f = *state;
    fill(f);
    report = (kal_report){.rows = rows, .capacity = 256};
    ok(kal_store_optimize(f->store, KAL_OPTIMIZE_IMPORTANCE, &report, &f->err));
    ok(kal_store_optimize(f->store, KAL_OPTIMIZE_IMPORTANCE, &report, &f->err));
    assert_int_equal(integer(f, "SELECT count(*) FROM sqlite_master WHERE name = 'kalito_messages_importance'"), 1);
    add_message(f, "s", "x");
}

/* Every number and type of every table at once: one command mends them all, and leaves the others alone. */
static void values_out_of_their_range_are_put_right(void **state) {
    fixture *f = *state;
    fill(f);
    run(f, "UPDATE messages SET importance_score = -3, token_usage = -1 WHERE id = 3;"
           "UPDATE messages SET importance_score = 'high', token_usage = 'many' WHERE id = 4;"
           "UPDATE messages SET importance_score = 7, token_usage = 1.5 WHERE id = 5;"
           "UPDATE messages SET importance_score = NULL WHERE id = 6;"
           "UPDATE semantic_pins SET importance_score = x'00', pin_type = 'odd';"
           "UPDATE conversation_summaries SET importance_score = 9;"
           "INSERT INTO personas(id, name, prompt, temperature, topP) VALUES ('y', 'y', 'p', 9.5, -1), ('z', 'z', 'p', 'hot', x'00')");
    check(f, KAL_CHECK_ROWS);
    assert_int_equal(report.wrong, 6);
    report = (kal_report){.rows = rows, .capacity = 256};
    ok(kal_store_optimize(f->store, KAL_OPTIMIZE_VALUES, &report, &f->err));
    check(f, KAL_CHECK_FULL);
    for (size_t i = 0; i < report.count; i++)
        if (rows[i].wrong) print_error("%s\n", rows[i].what);
    assert_int_equal(report.wrong, 0);
    assert_int_equal(integer(f, "SELECT count(*) FROM messages WHERE (id = 3 AND importance_score = 0)"
                                " OR (id IN (4, 6) AND importance_score = 0.5)"
                                " OR (id = 5 AND importance_score = 1 AND token_usage = 1)"), 4);
    assert_int_equal(integer(f, "SELECT count(*) FROM personas WHERE (id = 'y' AND temperature = 2 AND topP = 0)"
                                " OR (id = 'z' AND temperature IS NULL AND topP IS NULL)"), 2);
}

static void an_index_that_lacks_entries_is_made_anew(void **state) {
    fixture *f = *state;
    fill(f);
    run(f, "SELECT 1"); /* opens the other connection */
    sqlite3_db_config(f->other, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL);
    run(f, "PRAGMA writable_schema = ON; CREATE TEMP TABLE kept AS SELECT * FROM sqlite_master"
           " WHERE name = 'idx_messages_session_created'; DELETE FROM sqlite_master WHERE name ="
           " 'idx_messages_session_created'; PRAGMA writable_schema = RESET");
    run(f, "DELETE FROM messages WHERE id = 30; PRAGMA writable_schema = ON;"
           "INSERT INTO sqlite_master SELECT * FROM temp.kept; PRAGMA writable_schema = RESET");
    reopen(f);
    check(f, KAL_CHECK_FULL);
    assert_true(report.wrong > 0);
    assert_string_equal(rows[0].mend, "kalito optimize --reindex");
    report = (kal_report){.rows = rows, .capacity = 256};
    ok(kal_store_optimize(f->store, KAL_OPTIMIZE_REINDEX, &report, &f->err));
    check(f, KAL_CHECK_FULL);
    assert_int_equal(report.wrong, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_FILE(a_good_database_has_nothing_wrong),
        ON_FILE(every_kind_of_wrong_row_is_found),
        ON_FILE(a_rebuild_mends_what_can_be_derived),
        ON_FILE(values_out_of_their_range_are_put_right),
        ON_FILE(an_index_that_lacks_entries_is_made_anew),
        ON_FILE(an_entry_missing_in_the_search_index_is_found_by_the_full_check),
        ON_FILE(damage_is_a_remark_and_no_failure),
        ON_FILE(a_file_with_much_free_room_is_packed),
        ON_FILE(the_journal_can_be_changed_and_stays),
        ON_FILE(the_index_of_importance_is_built_on_request),
    };
    return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
