/* Recovering: what stands on pages that are whole comes back, whatever else is damaged. */
#include "original.h"
#include "support.h"

#include <unistd.h>

static kal_remark rows[256];
static kal_report report;
static char good[400];

static void close_all(fixture *f) {
    kal_store_close(f->store);
    f->store = NULL;
    sqlite3_close(f->other);
    f->other = NULL;
}

/* 3000 messages in 30 sessions, some of them long, with summaries, pins and personas. */
static void fill(fixture *f) {
    char id[20], text[300];
    char *longer = letters(20000);
    ok(kal_store_begin(f->store, &f->err));
    for (int s = 0; s < 30; s++) {
        snprintf(id, sizeof id, "session %d", s);
        add_session(f, id);
        for (int i = 0; i < 100; i++) {
            snprintf(text, sizeof text, "message %d of session %d with some words that fill its page a little", i, s);
            add_message(f, id, i == 50 ? longer : text);
        }
        add_pin(f, id, id, "pinned", 0.5);
        add_summary(f, id, id, "summarised", 0.5);
        add_persona(f, id, id, false);
    }
    ok(kal_store_commit(f->store, &f->err));
    free(longer);
    close_all(f);
    snprintf(good, sizeof good, "%s/good.db", f->dir);
}

static void recover(fixture *f) {
    unlink(good);
    report = (kal_report){.rows = rows, .capacity = 256};
    ok(kal_store_recover(f->path, good, &report, &f->err));
}

/* Opens the new database and checks that it is whole. */
static void open_good(fixture *f) {
    kal_options options = options_of(f);
    ok(kal_store_open(good, &options, &f->store, &f->err));
    report = (kal_report){.rows = rows, .capacity = 256};
    ok(kal_store_check(f->store, KAL_CHECK_FULL, &report, &f->err));
    /* The words of a row may have been damaged; nothing around it. */
    static const char *const never[] = {"damaged", "search", "count of messages", "without their session", "index"};
    for (size_t i = 0; i < report.count; i++)
        for (size_t k = 0; k < 5; k++)
            if (rows[i].wrong && strstr(rows[i].what, never[k])) fail_msg("%s", rows[i].what);
}

static int64_t count(fixture *f, const char *table) {
    kal_rows found;
    char sql[100];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", table);
    kal_sql query = {.text = T(sql)};
    ok(kal_store_sql(f->store, &query, &found, &f->err));
    return found.values[0].integer;
}

static void a_good_database_comes_back_whole(void **state) {
    fixture *f = *state;
    fill(f);
    recover(f);
    assert_int_equal(report.wrong, 0);
    open_good(f);
    assert_int_equal(count(f, "messages"), 3000);
    assert_int_equal(count(f, "sessions"), 30);
    assert_int_equal(count(f, "personas"), 30);
    assert_int_equal(count(f, "semantic_pins"), 30);
    assert_int_equal(count(f, "conversation_summaries"), 30);
    kal_message row;
    ok(kal_message_get(f->store, 51, &row, &f->err));
    assert_int_equal(row.text.len, 20000);
    assert_true(row.importance_score == 0.5);
    kal_hit hits[5];
    size_t n;
    kal_query query = {.text = T("session 7 words"), .limit = 5};
    ok(kal_recall_find(f->store, &query, hits, &n, &f->err));
    assert_int_equal(n, 5);
}

/* Does the text of a message stand on one of these pages? */
static bool stands_on(const char *data, size_t size, int64_t id, const bool *damaged) {
    char text[100];
    int n = snprintf(text, sizeof text, "message %d of session %d with", (int)((id - 1) % 100), (int)((id - 1) / 100));
    for (const char *p = data; (p = memmem(p, size - (size_t)(p - data), text, (size_t)n)); p++)
        if (damaged[(size_t)(p - data) / 4096]) return true;
    return false;
}

static void what_stands_on_whole_pages_comes_back(void **state) {
    fixture *f = *state;
    size_t size;
    dice d = {11};
    int lost_rows = 0, lost_pages = 0;
    fill(f);
    char *data = read_file(f->path, &size);
    for (int round = 0; round < 12; round++) {
        bool damaged[1000] = {false};
        char *copy = malloc(size);
        memcpy(copy, data, size);
        for (int i = 0; i < 1 + round; i++) {
            size_t page = (size_t)below(&d, (int64_t)(size / 4096));
            int how = (int)below(&d, 3);
            damaged[page] = true;
            for (size_t k = 0; k < 4096; k++)
                copy[page * 4096 + k] = how == 0 ? 0 : how == 1 ? (char)below(&d, 256) : 0x5A;
        }
        write_file(f->path, copy, size);
        free(copy);
        recover(f);
        open_good(f);
        for (int64_t id = 1; id <= 3000; id++) {
            kal_message row;
            if (kal_message_get(f->store, id, &row, &f->err) == KAL_OK) continue;
            lost_rows++;
            /* A long one also needs the pages that it goes on in. */
            if ((id - 1) % 100 == 50) continue;
            if (!stands_on(data, size, id, damaged)) fail_msg("message %d was on a page that is whole", (int)id);
        }
        lost_pages += 1 + round;
        kal_store_close(f->store);
        f->store = NULL;
    }
    print_message("%d messages lost on %d damaged pages of %d\n", lost_rows, lost_pages, (int)(size / 4096));
    free(data);
}

static void rows_come_back_when_nothing_leads_to_them(void **state) {
    fixture *f = *state;
    size_t size;
    fill(f);
    char *data = read_file(f->path, &size);
    /* The header, the schema: all of page 1. */
    memset(data, 0, 4096);
    write_file(f->path, data, size);
    recover(f);
    open_good(f);
    assert_int_equal(count(f, "messages"), 3000);
    assert_int_equal(count(f, "sessions"), 30);
    assert_int_equal(count(f, "personas"), 30);
    assert_int_equal(count(f, "semantic_pins"), 30);
    assert_int_equal(count(f, "conversation_summaries"), 30);
    free(data);
}

static void a_file_that_was_cut_gives_what_is_left(void **state) {
    fixture *f = *state;
    size_t size;
    fill(f);
    char *data = read_file(f->path, &size);
    write_file(f->path, data, size / 2 + 1000);
    free(data);
    recover(f);
    open_good(f);
    assert_true(count(f, "messages") > 1000);
    assert_int_equal(count(f, "sessions"), 30);
}

static void what_is_missing_is_told(void **state) {
    fixture *f = *state;
    size_t size;
    fill(f);
    char *data = read_file(f->path, &size);
    char *found = memmem(data, size, "message 3 of session 20", 23);
    assert_non_null(found);
    memset(data + (found - data) / 4096 * 4096, 0, 4096);
    write_file(f->path, data, size);
    free(data);
    recover(f);
    bool told = false;
    for (size_t i = 0; i < report.count; i++)
        told = told || (rows[i].wrong && strstr(rows[i].what, "that the index names are missing"));
    assert_true(told);
}

static void deleted_rows_stay_deleted(void **state) {
    fixture *f = *state;
    fill(f);
    reopen(f);
    ok(kal_session_del(f->store, T("session 3"), &f->err));
    close_all(f);
    recover(f);
    open_good(f);
    assert_int_equal(count(f, "messages"), 2900);
    assert_int_equal(count(f, "sessions"), 29);
}

static void a_file_of_the_original_comes_back_with_its_own_order_of_columns(void **state) {
    fixture *f = *state;
    snprintf(good, sizeof good, "%s/good.db", f->dir);
    run(f, "%s%s", EARLY, FOREIGN);
    run(f, "INSERT INTO sessions(id, name) VALUES ('s', 'Trip');"
           "INSERT INTO personas(id, name, prompt, icon) VALUES ('p', 'P', 'Be P.', 'star');"
           "INSERT INTO messages(session_id, role, text, created_at) VALUES ('s', 'user', 'apple', '2025-01-01 10:00:00')");
    close_all(f);
    recover(f);
    open_good(f);
    kal_persona persona;
    ok(kal_persona_get(f->store, T("p"), &persona, &f->err));
    assert_text(persona.icon, "star");
    kal_message row;
    ok(kal_message_get(f->store, 1, &row, &f->err));
    assert_text(row.created_at, "2025-01-01T10:00:00.000Z");
}

static void what_is_in_a_log_is_saved_too(void **state) {
    fixture *f = *state;
    char log[400], copy[310], copy_log[400];
    size_t size, log_size;
    add_session(f, "s");
    add_message(f, "s", "apple");
    snprintf(good, sizeof good, "%s/good.db", f->dir);
    snprintf(log, sizeof log, "%s-wal", f->path);
    char *data = read_file(f->path, &size), *log_data = read_file(log, &log_size);
    snprintf(copy, sizeof copy, "%s/copy.db", f->dir);
    snprintf(copy_log, sizeof copy_log, "%s-wal", copy);
    write_file(copy, data, size);
    write_file(copy_log, log_data, log_size);
    close_all(f);
    strcpy(f->path, copy);
    recover(f);
    size_t after;
    char *now = read_file(copy_log, &after);
    assert_int_equal(after, log_size); /* only read */
    assert_memory_equal(now, log_data, after);
    free(now);
    free(data);
    free(log_data);
    open_good(f);
    assert_int_equal(count(f, "messages"), 1);
}

static void rows_come_back_when_the_header_lies(void **state) {
    fixture *f = *state;
    size_t size;
    dice d = {31};
    fill(f);
    char *data = read_file(f->path, &size);
    for (int round = 0; round < 8; round++) {
        for (size_t i = round == 7 ? 16 : 0; i < 100; i++)
            data[i] = (char)below(&d, 256);
        write_file(f->path, data, size);
        recover(f);
        open_good(f);
        assert_int_equal(count(f, "messages"), 3000);
        assert_int_equal(count(f, "personas"), 30);
        kal_store_close(f->store);
        f->store = NULL;
    }
    free(data);
}

/* An inner page that leads to another table's, and pages that stand where others belong. */
static void rows_stay_in_their_table_when_pages_lead_astray(void **state) {
    fixture *f = *state;
    size_t size;
    dice d = {17};
    fill(f);
    char *data = read_file(f->path, &size);
    for (int round = 0; round < 10; round++) {
        char *copy = malloc(size);
        memcpy(copy, data, size);
        for (int i = 0; i < 12; i++) {
            size_t a = 1 + (size_t)below(&d, (int64_t)(size / 4096) - 1), b = 1 + (size_t)below(&d, (int64_t)(size / 4096) - 1);
            memcpy(copy + a * 4096, data + b * 4096, 4096);
        }
        write_file(f->path, copy, size);
        free(copy);
        recover(f);
        open_good(f);
        kal_rows found;
        kal_sql query = {.text = T("SELECT count(*) FROM semantic_pins WHERE content <> 'pinned'")};
        ok(kal_store_sql(f->store, &query, &found, &f->err));
        assert_int_equal(found.values[0].integer, 0);
        kal_store_close(f->store);
        f->store = NULL;
    }
    free(data);
}

static void what_another_program_has_stored_comes_back_as_it_is(void **state) {
    fixture *f = *state;
    snprintf(good, sizeof good, "%s/good.db", f->dir);
    run(f, "PRAGMA foreign_keys = OFF; %s", ORIGINAL);
    run(f, "INSERT INTO sessions(id, name) VALUES ('s', x'FF00FE'), ('t', NULL);"
           "INSERT INTO messages(session_id, role, text, created_at, importance_score) VALUES"
           " ('s', 'model', CAST(x'C3280A41' AS TEXT), '2025-01-01', 'high'), ('s', NULL, x'0001FF', NULL, -3),"
           " ('gone', 'user', NULL, 'noon', NULL);"
           "INSERT INTO semantic_pins(id, session_id, content, pin_type) VALUES ('p', 's', x'DEAD', 'odd')");
    close_all(f);
    recover(f);
    open_good(f);
    assert_int_equal(count(f, "messages"), 3);
    assert_int_equal(count(f, "sessions"), 3); /* one for the message without any */
    assert_int_equal(count(f, "semantic_pins"), 1);
    kal_message row;
    ok(kal_message_get(f->store, 1, &row, &f->err));
    assert_int_equal(row.text.len, 4);
}

static void a_log_is_read_when_the_first_page_is_gone(void **state) {
    fixture *f = *state;
    char log[400];
    size_t size, log_size;
    fill(f);
    reopen(f);
    for (int i = 0; i < 20; i++)
        add_message(f, "session 3", "written last");
    snprintf(log, sizeof log, "%s-wal", f->path);
    char *data = read_file(f->path, &size), *log_data = read_file(log, &log_size);
    assert_true(log_size > 4096);
    close_all(f);
    memset(data, 0, 4096);
    write_file(f->path, data, size);
    /* The last frame is torn: what was committed before it counts. */
    log_data[log_size - 5] ^= 1;
    write_file(log, log_data, log_size);
    recover(f);
    open_good(f);
    assert_int_equal(count(f, "messages"), 3019);
    free(data);
    free(log_data);
}

/* ---- files made to do harm */

static void garbage_ends_soon_and_without_harm(void **state) {
    fixture *f = *state;
    dice d = {23};
    size_t size;
    fill(f);
    char *data = read_file(f->path, &size);
    int rounds = getenv("KALITO_LONG") ? 400 : 25;
    for (int round = 0; round < rounds; round++) {
        char *copy = malloc(size);
        memcpy(copy, data, size);
        size_t n = (size_t)1 << below(&d, 14);
        for (size_t i = 0; i < n; i++)
            copy[below(&d, round % 2 ? 8192 : (int64_t)size)] = (char)below(&d, 256);
        write_file(f->path, copy, size);
        free(copy);
        unlink(good);
        report = (kal_report){.rows = rows, .capacity = 256};
        kal_code code = kal_store_recover(f->path, good, &report, &f->err);
        if (code != KAL_OK) fail_msg("round %d: %s", round, f->err.message);
        open_good(f);
        kal_store_close(f->store);
        f->store = NULL;
    }
    free(data);
}

/* Sixteen thousand cells of a page lead to one row, whose two megabytes stand in the same few bytes of another page. */
static void rows_that_share_their_bytes_end_soon(void **state) {
    enum { PAGE = 65536, PAGES = 33, SIZE = 2000000, TYPE = 12 + 2 * (SIZE - 5), LOCAL = 34040 };
    static const unsigned char head[] = {0x80 | SIZE >> 14, 0x80 | (SIZE >> 7 & 127), SIZE & 127, 1, 5,
                                         0x80 | TYPE >> 21, 0x80 | (TYPE >> 14 & 127), 0x80 | (TYPE >> 7 & 127), TYPE & 127};
    fixture *f = *state;
    fill(f);
    unsigned char *data = calloc(PAGES, PAGE);
    memcpy(data, "SQLite format 3\0\0\1\1\1\0\100\40\40", 24);
    for (int page = 1; page < PAGES - 1; page++) {
        unsigned char *p = data + page * PAGE;
        int at = PAGE - 4 - LOCAL - 4, n = (at - 8) / 2;
        p[0] = 13, p[3] = n >> 8, p[4] = n & 255;
        for (int i = 0; i < n; i++)
            p[8 + 2 * i] = at >> 8, p[9 + 2 * i] = at & 255;
        memcpy(p + at, head, sizeof head);
        p[PAGE - 1] = PAGES;
    }
    data[(PAGES - 1) * PAGE + 3] = PAGES;
    write_file(f->path, (char *)data, PAGES * PAGE);
    free(data);
    alarm(100);
    recover(f);
    alarm(0);
}

static void a_table_of_another_with_our_name_is_not_ours(void **state) {
    fixture *f = *state;
    snprintf(good, sizeof good, "%s/good.db", f->dir);
    close_all(f);
    unlink(f->path);
    run(f, "CREATE TABLE messages(a, b); INSERT INTO messages VALUES (1, 'x'), (2, 'y')");
    close_all(f);
    recover(f);
    open_good(f);
    assert_int_equal(count(f, "messages"), 0);
}

static void hostile_files_are_refused_or_opened_in_time(void **state) {
    fixture *f = *state;
    static const char *const tricks[] = {
        ORIGINAL "CREATE TRIGGER t AFTER INSERT ON messages BEGIN INSERT INTO messages(session_id, text)"
                 " SELECT new.session_id, 'x' FROM messages, messages AS b; END;",
        ORIGINAL "CREATE VIEW v AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
                 " SELECT * FROM n;",
        ORIGINAL "CREATE TRIGGER t BEFORE UPDATE ON messages BEGIN SELECT RAISE(ABORT, 'no'); END;",
        ORIGINAL "CREATE TRIGGER t BEFORE UPDATE ON sessions BEGIN SELECT RAISE(ABORT, 'no'); END;",
        ORIGINAL "INSERT INTO sessions VALUES (x'00', 7, 8, 9, 10, 11, 12, 'saved');"
                 "INSERT INTO messages VALUES (1, x'00', 5, 6.5, x'FF', 'many', 'high', 17);"
                 "INSERT INTO semantic_pins VALUES (1, 2, 3, 4, 5, 6, 7);",
        ORIGINAL "INSERT INTO messages(id, session_id, text) VALUES (9223372036854775807, 's', 'last')",
        ORIGINAL "PRAGMA user_version = 99",
        ORIGINAL "PRAGMA application_id = 1262570569; PRAGMA user_version = 99",
        ORIGINAL "PRAGMA application_id = 1262570569; PRAGMA user_version = 2",
    };
    for (size_t i = 0; i < sizeof tricks / sizeof *tricks; i++) {
        unlink(f->path);
        run(f, "PRAGMA foreign_keys = OFF");
        run(f, "%s", tricks[i]);
        close_all(f);
        kal_code code = kal_store_open(f->path, NULL, &f->store, &f->err);
        if (code == KAL_OK) {
            report = (kal_report){.rows = rows, .capacity = 256};
            kal_store_check(f->store, KAL_CHECK_FULL, &report, &f->err);
        } else {
            says(f->path);
        }
        close_all(f);
    }
}

static void what_is_no_file_is_refused(void **state) {
    fixture *f = *state;
    snprintf(good, sizeof good, "%s/good.db", f->dir);
    report = (kal_report){.rows = rows, .capacity = 256};
    fails(KAL_NOT_FOUND, kal_store_recover(f->path, good, &report, &f->err));
    says(f->path);
    write_file(f->path, "", 0);
    fails(KAL_NOT_KALITO, kal_store_recover(f->path, good, &report, &f->err));
    fails(KAL_NOT_KALITO, kal_store_recover(f->dir, good, &report, &f->err));
    write_file(good, "x", 1);
    fails(KAL_EXISTS, kal_store_recover(f->path, good, &report, &f->err));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_FILE(a_good_database_comes_back_whole),
        ON_FILE(what_stands_on_whole_pages_comes_back),
        ON_FILE(rows_come_back_when_nothing_leads_to_them),
        ON_FILE(a_file_that_was_cut_gives_what_is_left),
        ON_FILE(what_is_missing_is_told),
        ON_FILE(deleted_rows_stay_deleted),
        ON_FOLDER(a_file_of_the_original_comes_back_with_its_own_order_of_columns),
        ON_FILE(what_is_in_a_log_is_saved_too),
        ON_FILE(rows_come_back_when_the_header_lies),
        ON_FILE(rows_stay_in_their_table_when_pages_lead_astray),
        ON_FOLDER(what_another_program_has_stored_comes_back_as_it_is),
        ON_FILE(a_log_is_read_when_the_first_page_is_gone),
        ON_FILE(garbage_ends_soon_and_without_harm),
        ON_FILE(rows_that_share_their_bytes_end_soon),
        ON_FILE(a_table_of_another_with_our_name_is_not_ours),
        ON_FOLDER(hostile_files_are_refused_or_opened_in_time),
        ON_FOLDER(what_is_no_file_is_refused),
    };
    return cmocka_run_group_tests_name("recover", tests, NULL, NULL);
}
