/* Opening and closing: what is at the path, what is left unchanged, and what a store says of itself. */
#include "original.h"
#include "support.h"

#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

static kal_code open_with(fixture *f, const char *path, kal_options options) {
    kal_store_close(f->store);
    return kal_store_open(path, &options, &f->store, &f->err);
}

static void a_missing_file_is_not_created_unasked(void **state) {
    fixture *f = *state;
    fails(KAL_NOT_FOUND, open_with(f, f->path, (kal_options){0}));
    says(f->path);
    assert_null(f->store);
    assert_int_equal(access(f->path, F_OK), -1);
    fails(KAL_NOT_FOUND, open_with(f, f->path, (kal_options){.read_only = true}));
    fails(KAL_NOT_FOUND, open_with(f, f->path, (kal_options){.read_only = true, .create = true}));
    assert_int_equal(access(f->path, F_OK), -1);
    assert_int_equal(kal_store_open(f->path, NULL, &f->store, NULL), KAL_NOT_FOUND);
}

static void a_new_file_is_private_and_in_wal_mode(void **state) {
    fixture *f = *state;
    struct stat st;
    reopen(f);
    assert_int_equal(stat(f->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    kal_store_info info;
    ok(kal_store_stat(f->store, &info, &f->err));
    assert_text(info.journal_mode, "wal");
    assert_text(info.path, f->path);
    assert_int_equal(info.schema_version, SCHEMA);
    assert_false(info.read_only);
    assert_true(info.file_size > 0 && info.free_size == 0);
    assert_true(info.wal_size > 0);
    assert_int_equal(integer(f, "PRAGMA application_id"), 0x4B414C49);
}

static void the_callers_umask_is_kept(void **state) {
    fixture *f = *state;
    mode_t before = umask(022);
    reopen(f);
    assert_int_equal(umask(before), 022);
}

static void an_empty_file_becomes_a_database_only_when_asked(void **state) {
    fixture *f = *state;
    write_file(f->path, "", 0);
    fails(KAL_NOT_FOUND, open_with(f, f->path, (kal_options){0}));
    size_t size;
    free(read_file(f->path, &size));
    assert_int_equal(size, 0);
    reopen(f);
    add_session(f, "s");
}

static void a_folder_is_refused(void **state) {
    fixture *f = *state;
    fails(KAL_NOT_KALITO, open_with(f, f->dir, (kal_options){.create = true}));
    says("folder");
    fails(KAL_NOT_KALITO, open_with(f, "/dev/null", (kal_options){.create = true}));
}

static void a_path_through_a_missing_folder_or_a_file_is_refused(void **state) {
    fixture *f = *state;
    char path[700];
    snprintf(path, sizeof path, "%s/none/x.db", f->dir);
    fails(KAL_IO, open_with(f, path, (kal_options){.create = true}));
    fails(KAL_NOT_FOUND, open_with(f, path, (kal_options){0}));
    write_file(f->path, "x", 1);
    snprintf(path, sizeof path, "%s/x.db", f->path);
    fails(KAL_IO, open_with(f, path, (kal_options){.create = true}));
}

static void assert_refused_unchanged(fixture *f, kal_code code) {
    size_t before, after;
    char *a = read_file(f->path, &before);
    for (int i = 0; i < 3; i++) {
        kal_options options = {.create = i == 1, .read_only = i == 2};
        fails(code, open_with(f, f->path, options));
        assert_null(f->store);
        says(f->path);
    }
    char *b = read_file(f->path, &after);
    assert_int_equal(before, after);
    assert_memory_equal(a, b, before);
    free(a);
    free(b);
}

static void a_text_file_is_refused_unchanged(void **state) {
    fixture *f = *state;
    write_file(f->path, "hello", 5);
    assert_refused_unchanged(f, KAL_NOT_KALITO);
    char *text = letters(10000);
    write_file(f->path, text, 10000);
    free(text);
    assert_refused_unchanged(f, KAL_NOT_KALITO);
}

/* A closed database without a log beside it. */
static void make_plain(fixture *f) {
    reopen(f);
    add_session(f, "s");
    for (int i = 0; i < 200; i++)
        add_message(f, "s",
                    "some words that fill the pages of this file until it has many of them");
    kal_store_close(f->store);
    f->store = NULL;
    run(f, "PRAGMA journal_mode = DELETE");
    sqlite3_close(f->other);
    f->other = NULL;
}

static void a_truncated_file_is_refused_or_reported_and_left_unchanged(void **state) {
    fixture *f = *state;
    make_plain(f);
    size_t size;
    char *data = read_file(f->path, &size);
    for (size_t cut = 0; cut < 12; cut++) {
        static const size_t sizes[] = {1, 15, 16, 50, 99, 100, 512, 1000, 4095, 4096, 8192, 20000};
        assert_true(sizes[cut] < size);
        write_file(f->path, data, sizes[cut]);
        kal_code code = open_with(f, f->path, (kal_options){0});
        if (code == KAL_OK) {
            kal_message row;
            code = kal_message_get(f->store, 200, &row, &f->err);
            kal_store_close(f->store);
            f->store = NULL;
        }
        if (code != KAL_CORRUPT && code != KAL_NOT_KALITO)
            fail_msg("cut at %zu: %s", sizes[cut], kal_code_name(code));
        size_t after;
        char *now = read_file(f->path, &after);
        assert_int_equal(after, sizes[cut]);
        assert_memory_equal(now, data, after);
        free(now);
    }
    free(data);
}

static void a_damaged_page_is_reported_as_corrupt(void **state) {
    fixture *f = *state;
    make_plain(f);
    size_t size;
    char *data = read_file(f->path, &size);
    memset(data + 4096, 0x5A, size - 4096);
    write_file(f->path, data, size);
    free(data);
    kal_code code = open_with(f, f->path, (kal_options){0});
    kal_session row = {.id = T("t")};
    if (code == KAL_OK) code = kal_session_add(f->store, &row, &f->err);
    assert_int_equal(code, KAL_CORRUPT);
    says("kalito check");
}

static void a_foreign_database_is_refused_unchanged(void **state) {
    fixture *f = *state;
    run(f,
        "CREATE TABLE notes(id INTEGER PRIMARY KEY, body TEXT); INSERT INTO notes VALUES (1, 'x')");
    sqlite3_close(f->other);
    f->other = NULL;
    assert_refused_unchanged(f, KAL_NOT_KALITO);
}

static void a_foreign_database_that_looks_like_ours_is_refused_unchanged(void **state) {
    fixture *f = *state;
    make_plain(f);
    run(f, "PRAGMA application_id = 12345");
    sqlite3_close(f->other);
    f->other = NULL;
    assert_refused_unchanged(f, KAL_NOT_KALITO);
}

static void a_database_with_a_user_version_but_no_tables_is_not_ours(void **state) {
    fixture *f = *state;
    run(f, "PRAGMA user_version = 7");
    sqlite3_close(f->other);
    f->other = NULL;
    assert_refused_unchanged(f, KAL_NOT_KALITO);
}

static void a_database_of_a_newer_kalito_is_refused_unchanged(void **state) {
    fixture *f = *state;
    make_plain(f);
    run(f, "PRAGMA user_version = 1000");
    sqlite3_close(f->other);
    f->other = NULL;
    assert_refused_unchanged(f, KAL_TOO_NEW);
    says("newer");
}

static void a_newer_database_with_a_log_beside_it_is_refused_unchanged(void **state) {
    fixture *f = *state;
    char log[400], copy[310];
    size_t size, log_size, copy_size;
    reopen(f);
    add_session(f, "s");
    snprintf(log, sizeof log, "%s-wal", f->path);
    snprintf(copy, sizeof copy, "%s/copy.db", f->dir);
    run(f, "PRAGMA user_version = 1000");
    /* As after a crash: the log was never written back. */
    char *data = read_file(f->path, &size), *log_data = read_file(log, &log_size);
    assert_true(log_size > 0);
    strcpy(f->path, copy);
    write_file(copy, data, size);
    snprintf(log, sizeof log, "%s-wal", copy);
    write_file(log, log_data, log_size);
    fails(KAL_TOO_NEW, open_with(f, copy, (kal_options){0}));
    char *after = read_file(copy, &copy_size);
    assert_int_equal(size, copy_size);
    assert_memory_equal(after, data, size);
    free(after);
    after = read_file(log, &copy_size);
    assert_int_equal(log_size, copy_size);
    assert_memory_equal(after, log_data, log_size);
    free(after);
    free(data);
    free(log_data);
}

static void a_path_is_never_a_uri(void **state) {
    fixture *f = *state;
    char here[1000];
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(f->dir), 0);
    static const char *const names[] = {
        "file:x.db?mode=memory", "file::memory:", ":memory",
        "x?y#z%41.db",           "-x.db",         "file:///tmp/none/x.db"};
    for (int i = 0; i < 5; i++) {
        ok(open_with(f, names[i], (kal_options){.create = true}));
        assert_int_equal(access(names[i][0] == '-' ? "./-x.db" : names[i], F_OK), 0);
    }
    fails(KAL_IO, open_with(f, names[5], (kal_options){.create = true}));
    assert_int_equal(chdir(here), 0);
}

static void memory_stores_are_private_and_leave_no_file(void **state) {
    fixture *f = *state;
    ok(open_with(f, ":memory:", (kal_options){0}));
    add_session(f, "s");
    kal_store *second;
    ok(kal_store_open(":memory:", NULL, &second, &f->err));
    kal_session row;
    fails(KAL_NOT_FOUND, kal_session_get(second, T("s"), &row, &f->err));
    kal_store_info info;
    ok(kal_store_stat(second, &info, &f->err));
    assert_text(info.journal_mode, "memory");
    assert_text(info.path, ":memory:");
    kal_store_close(second);
    assert_int_equal(access(":memory:", F_OK), -1);
}

static void a_read_only_store_reads_and_refuses_to_write(void **state) {
    fixture *f = *state;
    add_session(f, "s");
    add_message(f, "s", "hello");
    ok(open_with(f, f->path, (kal_options){.read_only = true}));
    kal_message row;
    ok(kal_message_get(f->store, 1, &row, &f->err));
    assert_text(row.text, "hello");
    kal_store_info info;
    ok(kal_store_stat(f->store, &info, &f->err));
    assert_true(info.read_only);
    kal_session session = {.id = T("t")};
    fails(KAL_READONLY, kal_session_add(f->store, &session, &f->err));
    fails(KAL_READONLY, kal_message_del(f->store, 1, &f->err));
    fails(KAL_READONLY, kal_store_begin(f->store, &f->err));
    kal_request request = {.session = T("s"), .budget = 100};
    kal_context *context;
    ok(kal_context_build(f->store, &request, &context, &f->err));
    ok(kal_context_compare(f->store, context, &f->err));
    fails(KAL_READONLY, kal_context_save(f->store, context, &f->err));
    kal_context_close(context);
}

static void a_read_only_store_is_not_migrated(void **state) {
    fixture *f = *state;
    run(f, "%s", ORIGINAL);
    fails(KAL_READONLY, open_with(f, f->path, (kal_options){.read_only = true}));
    assert_int_equal(integer(f, "PRAGMA user_version"), 0);
}

/* Root may read and write everything, so another user tries. */
static void file_permissions_are_respected(void **state) {
    fixture *f = *state;
    if (getuid() != 0) skip();
    add_session(f, "s");
    kal_store_close(f->store);
    f->store = NULL;
    run(f, "PRAGMA journal_mode = DELETE");
    assert_int_equal(chmod(f->dir, 0755), 0);
    int helper = wait_helper(start_helper("weak", "open", f->path, "s", NULL));
    assert_int_equal(helper, KAL_IO); /* mode 0600, of another user */
    assert_int_equal(chmod(f->path, 0444), 0);
    assert_int_equal(wait_helper(start_helper("weak", "read", f->path, "s", NULL)), KAL_OK);
    assert_int_equal(wait_helper(start_helper("weak", "open", f->path, "s", NULL)), KAL_OK);
    assert_int_equal(wait_helper(start_helper("weak", "add", f->path, "s", NULL)), KAL_READONLY);
    assert_int_equal(wait_helper(start_helper("weak", "open", f->path, "none", NULL)),
                     KAL_NOT_FOUND);
}

static void closing_nothing_is_harmless(void **state) {
    (void)state;
    kal_store_close(NULL);
    kal_context_close(NULL);
    kal_store_rollback(NULL);
    kal_store_interrupt(NULL);
}

static void an_empty_path_or_no_result_is_misuse(void **state) {
    fixture *f = *state;
    fails(KAL_MISUSE, open_with(f, "", (kal_options){0}));
    fails(KAL_MISUSE, open_with(f, NULL, (kal_options){0}));
    fails(KAL_MISUSE, kal_store_open("x", NULL, NULL, &f->err));
}

static void a_long_path_does_not_overflow_the_message(void **state) {
    fixture *f = *state;
    char *path = letters(3000);
    fails(KAL_IO, open_with(f, path, (kal_options){.create = true}));
    assert_int_equal(strlen(f->err.message), sizeof f->err.message - 1);
    free(path);
}

static void control_characters_in_messages_become_question_marks(void **state) {
    fixture *f = *state;
    fails(KAL_NOT_FOUND, open_with(f, "no\n\x1b[31m\x7f\xC2\x9Bsuch", (kal_options){0}));
    says("no??[31m???such");
    kal_session row;
    ok(open_with(f, ":memory:", (kal_options){0}));
    fails(KAL_NOT_FOUND, kal_session_get(f->store, T("a\tb\xFFz"), &row, &f->err));
    says("'a?b?z'");
}

static void a_message_is_never_cut_inside_a_character(void **state) {
    fixture *f = *state;
    char path[700];
    for (int shift = 0; shift < 4; shift++) {
        memset(path, 'a', (size_t)shift);
        path[shift] = 0;
        for (int i = 0; i < 150; i++)
            strcat(path, "\xF0\x9F\x98\x80");
        fails(KAL_IO, open_with(f, path, (kal_options){0})); /* the name is too long */
        assert_true(kal_text_valid(T(f->err.message), NULL));
        assert_null(strchr(f->err.message, '?'));
        assert_true(strlen(f->err.message) > 490);
    }
}

static void every_code_has_a_word(void **state) {
    (void)state;
    static const char *const words[] = {
        "ok", "misuse",  "not_found",  "exists",  "busy",  "budget",      "readonly", "full",
        "io", "corrupt", "not_kalito", "too_new", "nomem", "interrupted", "refused"};
    for (int i = 0; i <= KAL_REFUSED; i++)
        assert_string_equal(kal_code_name((kal_code)i), words[i]);
    assert_string_equal(kal_code_name((kal_code)99), "unknown");
    assert_string_equal(kal_code_name((kal_code)-1), "unknown");
}

static void the_clock_of_the_options_is_used(void **state) {
    fixture *f = *state;
    char now[25];
    kal_store_now(f->store, now);
    assert_string_equal(now, "2025-03-01T09:00:00.000Z");
    kal_store_now(f->store, now);
    assert_string_equal(now, "2025-03-01T09:00:01.000Z");
}

static void without_a_clock_and_ids_of_its_own_the_store_uses_the_systems(void **state) {
    fixture *f = *state;
    ok(open_with(f, ":memory:", (kal_options){0}));
    char now[25];
    kal_store_now(f->store, now);
    assert_true(strcmp(now, "2024-01-01") > 0 && strlen(now) == 24);
    kal_session a = {0}, b = {0};
    ok(kal_session_add(f->store, &a, &f->err));
    char first[37];
    strcpy(first, a.id.data);
    assert_int_equal(strlen(first), 36);
    ok(kal_session_add(f->store, &b, &f->err));
    assert_string_not_equal(first, b.id.data);
}

static void a_store_survives_reopening(void **state) {
    fixture *f = *state;
    add_session(f, "s");
    add_message(f, "s", "hello");
    reopen(f);
    reopen(f);
    kal_message row;
    ok(kal_message_get(f->store, 1, &row, &f->err));
    assert_text(row.text, "hello");
    assert_int_equal(count_of(f, "s"), 1);
}

/* ---- interrupting */

static volatile bool finished;

static void *keep_interrupting(void *store) {
    while (!finished) {
        kal_store_interrupt(store);
        usleep(50);
    }
    return NULL;
}

static void an_interrupted_call_changes_nothing_and_the_store_stays_usable(void **state) {
    fixture *f = *state;
    char *text = letters(2000000);
    for (size_t i = 5; i < 2000000; i += 7)
        text[i] = ' ';
    add_session(f, "s");
    int64_t added = 0;
    int interrupted = 0;
    pthread_t thread;
    finished = false;
    assert_int_equal(pthread_create(&thread, NULL, keep_interrupting, f->store), 0);
    kal_code code = KAL_OK;
    for (int i = 0; i < 40 && (i < 10 || !interrupted); i++) {
        kal_message row = {.session = T("s"), .role = T("user"), .text = {text, 2000000}};
        code = kal_message_add(f->store, &row, &f->err);
        if (code != KAL_OK && code != KAL_INTERRUPTED) break; /* the thread must end first */
        added += code == KAL_OK;
        interrupted += code == KAL_INTERRUPTED;
    }
    finished = true;
    pthread_join(thread, NULL);
    if (code != KAL_OK && code != KAL_INTERRUPTED) fail_msg("%s", f->err.message);
    assert_true(interrupted > 0);
    add_message(f, "s", "still works");
    int64_t count;
    ok(kal_message_count(f->store, NULL, &count, &f->err));
    assert_int_equal(count, added + 1);
    assert_int_equal(count_of(f, "s"), added + 1);
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_FOLDER(a_missing_file_is_not_created_unasked),
        ON_FOLDER(a_new_file_is_private_and_in_wal_mode),
        ON_FOLDER(the_callers_umask_is_kept),
        ON_FOLDER(an_empty_file_becomes_a_database_only_when_asked),
        ON_FOLDER(a_folder_is_refused),
        ON_FOLDER(a_path_through_a_missing_folder_or_a_file_is_refused),
        ON_FOLDER(a_text_file_is_refused_unchanged),
        ON_FOLDER(a_truncated_file_is_refused_or_reported_and_left_unchanged),
        ON_FOLDER(a_damaged_page_is_reported_as_corrupt),
        ON_FOLDER(a_foreign_database_is_refused_unchanged),
        ON_FOLDER(a_foreign_database_that_looks_like_ours_is_refused_unchanged),
        ON_FOLDER(a_database_with_a_user_version_but_no_tables_is_not_ours),
        ON_FOLDER(a_database_of_a_newer_kalito_is_refused_unchanged),
        ON_FOLDER(a_newer_database_with_a_log_beside_it_is_refused_unchanged),
        ON_FOLDER(a_path_is_never_a_uri),
        ON_FOLDER(memory_stores_are_private_and_leave_no_file),
        ON_FILE(a_read_only_store_reads_and_refuses_to_write),
        ON_FOLDER(a_read_only_store_is_not_migrated),
        ON_FILE(file_permissions_are_respected),
        cmocka_unit_test(closing_nothing_is_harmless),
        ON_FOLDER(an_empty_path_or_no_result_is_misuse),
        ON_FOLDER(a_long_path_does_not_overflow_the_message),
        ON_FOLDER(control_characters_in_messages_become_question_marks),
        ON_FOLDER(a_message_is_never_cut_inside_a_character),
        cmocka_unit_test(every_code_has_a_word),
        ON_MEMORY(the_clock_of_the_options_is_used),
        ON_FOLDER(without_a_clock_and_ids_of_its_own_the_store_uses_the_systems),
        ON_FILE(a_store_survives_reopening),
        ON_MEMORY(an_interrupted_call_changes_nothing_and_the_store_stays_usable),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
