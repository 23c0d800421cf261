/* Files of the original: every state they are found in, what adoption does to them and what it leaves alone. */
#include "original.h"
#include "support.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

static void close_other(fixture *f) {
    sqlite3_close(f->other);
    f->other = NULL;
}

static void fill(fixture *f) {
    run(f, "INSERT INTO sessions(id, name) VALUES ('s', 'Trip'), ('not a uuid', NULL)");
    run(f, "INSERT INTO messages(id, session_id, role, text, created_at) VALUES"
           " (5, 's', 'user', 'apple', '2025-01-01 10:00:00'),"
           " (6, 's', 'assistant', 'pear', '2025-01-01T09:59:59.500Z'),"
           " (7, 's', 'user', 'plum', '2025-01-01 10:00:01'),"
           " (8, 's', 'user', 'fig', NULL), (9, 'not a uuid', 'user', 'date', '1735725600000'),"
           " (10, 'not a uuid', NULL, NULL, 'yesterday'), (12, 's', 'user', 'nut', '2025-01-01T12:00:00+02:00')");
    run(f, "INSERT INTO semantic_pins(id, session_id, content) VALUES ('p', 's', 'quince');"
           "INSERT INTO conversation_summaries(id, session_id, summary, message_count, start_message_id,"
           " end_message_id) VALUES ('m', 's', 'grape', 2, '5', '6'), ('n', 's', 'kiwi', 3, 'x', NULL)");
}

static void make(fixture *f, const char *ddl) {
    run(f, "%s", ddl);
    fill(f);
    close_other(f);
}

/* How many files of the folder begin with the words; the last one's path. */
static int files_like(fixture *f, const char *words, char path[600]) {
    DIR *d = opendir(f->dir);
    int n = 0;
    for (struct dirent *e; (e = readdir(d));)
        if (strncmp(e->d_name, words, strlen(words)) == 0) {
            snprintf(path, 600, "%s/%s", f->dir, e->d_name);
            n++;
        }
    closedir(d);
    return n;
}

static void the_times_of_messages_are_written_in_one_form_at_the_same_instant(void **state) {
    fixture *f = *state;
    make(f, ORIGINAL);
    reopen(f);
    static const char *const times[][2] = {
        {"5", "2025-01-01T10:00:00.000Z"}, {"6", "2025-01-01T09:59:59.500Z"},
        {"7", "2025-01-01T10:00:01.000Z"}, {"8", "2025-01-01T10:00:01.000Z"},
        {"9", "2025-01-01T10:00:00.000Z"}, {"10", "2025-01-01T10:00:00.000Z"},
        {"12", "2025-01-01T10:00:00.000Z"}};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        kal_message row;
        ok(kal_message_get(f->store, atoi(times[i][0]), &row, &f->err));
        assert_text(row.created_at, times[i][1]);
    }
    kal_message rows[10];
    kal_filter filter = {.session = T("s")};
    kal_page page = {.capacity = 10};
    ok(kal_message_find(f->store, &filter, rows, &page, &f->err));
    static const int order[] = {6, 5, 12, 7, 8};
    assert_int_equal(page.count, 5);
    for (int i = 0; i < 5; i++)
        assert_int_equal(rows[i].id, order[i]);
}

static void a_message_without_any_time_around_it_is_of_1970(void **state) {
    fixture *f = *state;
    run(f, "%s", ORIGINAL);
    run(f, "INSERT INTO sessions(id) VALUES ('s'), ('t'); INSERT INTO messages(session_id, text, created_at)"
           " VALUES ('s', 'a', NULL), ('s', 'b', ''), ('t', 'c', NULL), ('t', 'd', '2025-05-05')");
    close_other(f);
    reopen(f);
    kal_message row;
    ok(kal_message_get(f->store, 2, &row, &f->err));
    assert_text(row.created_at, "1970-01-01T00:00:00.000Z");
    ok(kal_message_get(f->store, 3, &row, &f->err));
    assert_text(row.created_at, "2025-05-05T00:00:00.000Z");
}

static void a_backup_of_the_file_as_it_was_is_made_beside_it(void **state) {
    fixture *f = *state;
    char path[600] = "";
    make(f, ORIGINAL);
    size_t before, after;
    char *a = read_file(f->path, &before);
    reopen(f);
    assert_int_equal(files_like(f, "test-before-migration-", path), 1);
    char *b = read_file(path, &after);
    assert_int_equal(before, after);
    /* Page 1 holds counters that a copy may set anew. */
    assert_memory_equal(a + 100, b + 100, before - 100);
    free(a);
    free(b);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    kal_backup found;
    ok(kal_backup_verify(path, &found, &f->err));
    assert_int_equal(found.messages, 7);
    assert_int_equal(found.schema_version, 0);
    assert_string_equal(found.store_id, "");
    kal_store_info info;
    ok(kal_store_stat(f->store, &info, &f->err));
    assert_int_equal(info.migrated_from, 0);
    assert_text(info.migration_backup, path);
    reopen(f);
    ok(kal_store_stat(f->store, &info, &f->err));
    assert_int_equal(info.migrated_from, -1);
    assert_int_equal(files_like(f, "test-before-migration-", path), 1);
    assert_int_equal(files_like(f, ".partial", path), 0);
}

static void a_new_database_needs_no_backup(void **state) {
    fixture *f = *state;
    char path[600];
    reopen(f);
    assert_int_equal(files_like(f, "test-before", path), 0);
}

static void everything_that_was_there_is_found(void **state) {
    fixture *f = *state;
    make(f, ORIGINAL);
    reopen(f);
    assert_int_equal(integer(f, "SELECT count(*) FROM kalito_messages_fts WHERE text MATCH 'apple OR date'"), 2);
    assert_int_equal(integer(f, "SELECT count(*) FROM kalito_notes_fts WHERE text MATCH 'quince OR grape'"), 2);
    assert_int_equal(count_of(f, "s"), 5);
    assert_int_equal(count_of(f, "not a uuid"), 2);
    kal_hit hits[5];
    size_t n;
    kal_query query = {.text = T("plum"), .limit = 5};
    ok(kal_recall_find(f->store, &query, hits, &n, &f->err));
    assert_true(n >= 1 && hits[0].message.id == 7);
}

static void an_early_file_gets_the_columns_that_came_later(void **state) {
    fixture *f = *state;
    make(f, EARLY);
    reopen(f);
    kal_message row;
    ok(kal_message_get(f->store, 5, &row, &f->err));
    assert_true(row.importance_score == 0.5);
    add_persona(f, "x", "general", true);
    add_message(f, "s", "cherry");
    assert_int_equal(integer(f, "SELECT count(*) FROM pragma_table_info('personas') WHERE name IN"
                                " ('maxTokens', 'topP', 'category', 'is_default')"), 4);
    assert_int_equal(integer(f, "SELECT saved FROM sessions WHERE id = 's'"), 0);
    assert_int_equal(integer(f, "SELECT count(*) FROM sqlite_master WHERE name = 'idx_messages_session_created'"), 1);
}

static void the_journal_of_a_file_stays(void **state) {
    fixture *f = *state;
    kal_store_info info;
    run(f, "PRAGMA journal_mode = WAL");
    make(f, ORIGINAL);
    reopen(f);
    ok(kal_store_stat(f->store, &info, &f->err));
    assert_text(info.journal_mode, "wal");
}

static void a_log_that_a_crash_left_is_taken_in(void **state) {
    fixture *f = *state;
    char log[400], copy[310], copy_log[400];
    size_t size, log_size;
    run(f, "PRAGMA journal_mode = WAL");
    run(f, "%s", ORIGINAL);
    fill(f);
    snprintf(log, sizeof log, "%s-wal", f->path);
    char *data = read_file(f->path, &size), *log_data = read_file(log, &log_size);
    snprintf(copy, sizeof copy, "%s/copy.db", f->dir);
    snprintf(copy_log, sizeof copy_log, "%s-wal", copy);
    write_file(copy, data, size);
    write_file(copy_log, log_data, log_size);
    free(data);
    free(log_data);
    close_other(f);
    strcpy(f->path, copy);
    reopen(f);
    assert_int_equal(count_of(f, "s"), 5);
}

static void foreign_things_are_named_and_left_alone(void **state) {
    fixture *f = *state;
    kal_remark rows[64];
    kal_report report = {.rows = rows, .capacity = 64};
    run(f, "%s%s", ORIGINAL, FOREIGN);
    fill(f);
    close_other(f);
    ok(kal_store_migrate(f->path, NULL, &report, &f->err));
    static const char *const named[] = {"column messages.mood", "column personas.tags", "table patients",
                                        "table vitals", "view recent", "trigger watch"};
    for (int k = 0; k < 6; k++) {
        bool found = false;
        for (size_t i = 0; i < report.count; i++)
            found = found || strncmp(rows[i].what, named[k], strlen(named[k])) == 0;
        if (!found) fail_msg("%s is not named", named[k]);
    }
    /* The other's trigger has not seen that times were rewritten. */
    assert_int_equal(integer(f, "SELECT pulse FROM vitals"), 60);
    assert_int_equal(integer(f, "SELECT count(*) FROM sqlite_master WHERE name = 'watch'"), 1);
}

static void a_dry_run_says_what_would_happen_and_changes_nothing(void **state) {
    fixture *f = *state;
    kal_remark rows[64];
    kal_report report = {.rows = rows, .capacity = 64};
    kal_options options = {.read_only = true};
    char path[600];
    size_t before, after;
    run(f, "%s%s", EARLY, FOREIGN);
    fill(f);
    close_other(f);
    char *a = read_file(f->path, &before);
    ok(kal_store_migrate(f->path, &options, &report, &f->err));
    char *b = read_file(f->path, &after);
    assert_int_equal(before, after);
    assert_memory_equal(a, b, before);
    free(a);
    free(b);
    assert_true(report.count > 10);
    assert_int_equal(files_like(f, "test-before", path), 0);
    bool times = false;
    for (size_t i = 0; i < report.count; i++)
        times = times || strstr(rows[i].what, "9 times are written");
    assert_true(times);
    reopen(f);
    report.count = 0;
    ok(kal_store_migrate(f->path, &options, &report, &f->err));
    assert_int_equal(report.count, 0);
}

static void a_rule_that_rows_break_is_not_installed(void **state) {
    fixture *f = *state;
    kal_remark rows[64];
    kal_report report = {.rows = rows, .capacity = 64};
    run(f, "%s", ORIGINAL);
    run(f, "ALTER TABLE messages ADD COLUMN external_id TEXT");
    fill(f);
    run(f, "UPDATE messages SET external_id = 'same'");
    close_other(f);
    ok(kal_store_migrate(f->path, NULL, &report, &f->err));
    bool said = false;
    for (size_t i = 0; i < report.count; i++)
        said = said || strstr(rows[i].what, "rule kalito_messages_external is not installed");
    assert_true(said);
    reopen(f);
    add_message(f, "s", "cherry");
}

static void an_older_unique_index_stays_and_times_move_by_a_millisecond(void **state) {
    fixture *f = *state;
    run(f, "%s", ORIGINAL_PERSONAS ORIGINAL_SESSIONS ORIGINAL_MESSAGES ORIGINAL_MEMORY);
    run(f, "CREATE UNIQUE INDEX messages_once ON messages(session_id, created_at);"
           "INSERT INTO sessions(id) VALUES ('s');"
           "INSERT INTO messages(session_id, text, created_at) VALUES ('s', 'a', '2025-01-01 10:00:00'),"
           " ('s', 'b', '2025-01-01T10:00:00.000Z'), ('s', 'c', NULL)");
    close_other(f);
    reopen(f);
    assert_int_equal(integer(f, "SELECT count(DISTINCT created_at) FROM messages WHERE created_at LIKE"
                                " '2025-01-01T10:00:00.00_Z'"), 3);
    add_message(f, "s", "d");
}

static void an_adopted_file_rejects_nothing_that_the_original_writes(void **state) {
    fixture *f = *state;
    run(f, "%s", ORIGINAL);
    fill(f);
    run(f, "INSERT INTO personas(id, name, prompt, category, is_default) VALUES ('d', 'D', 'p', 'cloud', 1),"
           " ('e', 'E', 'p', 'cloud', 1)");
    close_other(f);
    reopen(f);
    run(f, "DELETE FROM personas WHERE id = 'd'");
    run(f, ORIGINAL_ADD, "s", "user", "cherry", "2025-02-01T00:00:00.000Z");
    run(f, ORIGINAL_ADD, "s", "assistant", "lime", "2025-02-01 00:00:01");
    run(f, "UPDATE sessions SET updated_at = '2025', recap = 'x', saved = 1 WHERE id = 's'");
    run(f, "DELETE FROM messages WHERE id = 5");
    run(f, "INSERT INTO conversation_summaries (id, session_id, summary, message_count, start_message_id,"
           " end_message_id, importance_score) VALUES ('z', 's', 'melon', 2, '6', '7', 0.7)");
    run(f, "INSERT INTO semantic_pins (id, session_id, content, source_message_id, importance_score, pin_type)"
           " VALUES ('y', 's', 'berry', '6', 0.8, 'code')");
}

static bool is_recalled(fixture *f, const char *text, int64_t id) {
    kal_hit hits[20];
    size_t n;
    bool found = false;
    kal_query query = {.text = T(text), .limit = 20};
    ok(kal_recall_find(f->store, &query, hits, &n, &f->err));
    for (size_t i = 0; i < n; i++)
        found = found || hits[i].message.id == id;
    return found;
}

static void what_the_original_adds_is_recalled_and_what_it_deletes_is_not(void **state) {
    fixture *f = *state;
    make(f, ORIGINAL);
    reopen(f);
    run(f, ORIGINAL_ADD, "s", "user", "the zebra crossed", "2025-02-01T00:00:00.000Z");
    assert_true(is_recalled(f, "zebra", 13));
    run(f, "DELETE FROM messages WHERE id = 13");
    assert_false(is_recalled(f, "zebra", 13));
    assert_true(is_recalled(f, "apple", 5));
    run(f, "UPDATE messages SET text = 'the heron flew' WHERE id = 5");
    assert_false(is_recalled(f, "apple", 5));
    assert_true(is_recalled(f, "heron", 5));
    run(f, "DELETE FROM sessions WHERE id = 's'");
    assert_false(is_recalled(f, "heron", 5));
    /* And the other way round: its program reads what kalito writes. */
    add_message(f, "not a uuid", "walrus");
    assert_int_equal(integer(f, "SELECT count(*) FROM messages WHERE session_id = 'not a uuid' AND role = 'user'"
                                " AND importance_score = 0.5 AND text = 'walrus'"), 1);
}

static void tables_that_only_have_the_names_are_refused_unchanged(void **state) {
    fixture *f = *state;
    static const char *const ddl[] = {
        "CREATE TABLE sessions(id); CREATE TABLE personas(id); CREATE TABLE messages(id);"
        "CREATE TABLE conversation_summaries(id); CREATE TABLE semantic_pins(id)",
        ORIGINAL_PERSONAS ORIGINAL_SESSIONS ORIGINAL_MEMORY
        "CREATE TABLE messages(id TEXT PRIMARY KEY, session_id TEXT, role TEXT, text TEXT, created_at TEXT)",
        ORIGINAL_PERSONAS ORIGINAL_SESSIONS ORIGINAL_MEMORY
        "CREATE VIRTUAL TABLE messages USING fts5(id, session_id, role, text, created_at)",
        ORIGINAL_PERSONAS ORIGINAL_SESSIONS ORIGINAL_MEMORY
        "CREATE VIEW messages AS SELECT 1 AS id, 2 AS session_id, 3 AS role, 4 AS text, 5 AS created_at",
    };
    for (size_t i = 0; i < sizeof ddl / sizeof *ddl; i++) {
        unlink(f->path);
        run(f, "%s", ddl[i]);
        close_other(f);
        kal_options options = options_of(f);
        fails(KAL_NOT_KALITO, kal_store_open(f->path, &options, &f->store, &f->err));
        says(f->path);
        says("left unchanged");
        assert_int_equal(integer(f, "PRAGMA user_version"), 0);
        close_other(f);
    }
}

static void a_damaged_file_is_not_adopted(void **state) {
    fixture *f = *state;
    char path[600];
    size_t size;
    run(f, "%s", ORIGINAL);
    run(f, "INSERT INTO sessions(id) VALUES ('s')");
    for (int i = 0; i < 300; i++)
        run(f, ORIGINAL_ADD, "s", "user", "some words that fill the pages of this file", "2025-02-01T00:00:00.000Z");
    close_other(f);
    char *data = read_file(f->path, &size);
    memset(data + size / 2 / 4096 * 4096, 0x5A, 8192);
    write_file(f->path, data, size);
    kal_options options = options_of(f);
    fails(KAL_CORRUPT, kal_store_open(f->path, &options, &f->store, &f->err));
    says(f->path);
    size_t after;
    char *now = read_file(f->path, &after);
    assert_int_equal(size, after);
    assert_memory_equal(data, now, size);
    free(data);
    free(now);
    assert_int_equal(files_like(f, "test-before", path), 0);
    assert_int_equal(files_like(f, ".partial", path), 0);
}

static void two_processes_adopt_a_file_once(void **state) {
    fixture *f = *state;
    char path[600];
    make(f, ORIGINAL);
    int helpers[4];
    for (int i = 0; i < 4; i++)
        helpers[i] = start_helper("create", f->path, NULL);
    for (int i = 0; i < 4; i++)
        assert_int_equal(wait_helper(helpers[i]), KAL_OK);
    assert_int_equal(files_like(f, "test-before-migration", path), 1);
    reopen(f);
    assert_int_equal(count_of(f, "s"), 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_FOLDER(the_times_of_messages_are_written_in_one_form_at_the_same_instant),
        ON_FOLDER(a_message_without_any_time_around_it_is_of_1970),
        ON_FOLDER(a_backup_of_the_file_as_it_was_is_made_beside_it),
        ON_FOLDER(a_new_database_needs_no_backup),
        ON_FOLDER(everything_that_was_there_is_found),
        ON_FOLDER(an_early_file_gets_the_columns_that_came_later),
        ON_FOLDER(the_journal_of_a_file_stays),
        ON_FOLDER(a_log_that_a_crash_left_is_taken_in),
        ON_FOLDER(foreign_things_are_named_and_left_alone),
        ON_FOLDER(a_dry_run_says_what_would_happen_and_changes_nothing),
        ON_FOLDER(a_rule_that_rows_break_is_not_installed),
        ON_FOLDER(an_older_unique_index_stays_and_times_move_by_a_millisecond),
        ON_FOLDER(an_adopted_file_rejects_nothing_that_the_original_writes),
        ON_FOLDER(what_the_original_adds_is_recalled_and_what_it_deletes_is_not),
        ON_FOLDER(tables_that_only_have_the_names_are_refused_unchanged),
        ON_FOLDER(a_damaged_file_is_not_adopted),
        ON_FOLDER(two_processes_adopt_a_file_once),
    };
    return cmocka_run_group_tests_name("adopt", tests, NULL, NULL);
}
