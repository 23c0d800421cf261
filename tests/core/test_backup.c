/* Backups and restores: of one moment while others write, verified, never half there. */
#include "original.h"
#include "support.h"

#include <dirent.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

static int files_like(fixture *f, const char *words, char path[600]) {
    DIR *d = opendir(f->dir);
    int n = 0;
    for (struct dirent *e; (e = readdir(d));)
        if (strncmp(e->d_name, words, strlen(words)) == 0) {
            if (path) snprintf(path, 600, "%s/%s", f->dir, e->d_name);
            n++;
        }
    closedir(d);
    return n;
}

static void close_all(fixture *f) {
    kal_store_close(f->store);
    f->store = NULL;
    sqlite3_close(f->other);
    f->other = NULL;
}

static void fill(fixture *f, int messages) {
    add_session(f, "s");
    ok(kal_store_begin(f->store, &f->err));
    for (int i = 0; i < messages; i++)
        add_message(f, "s", "some words that fill the pages of this file until it has many of them");
    ok(kal_store_commit(f->store, &f->err));
    add_pin(f, "s", "p", "plum", 0.5);
    add_persona(f, "x", "general", true);
}

/* What a file at a path holds, by its own connection. */
static int64_t value_in(const char *path, const char *sql) {
    sqlite3 *db;
    sqlite3_stmt *q;
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) != SQLITE_OK) fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    int64_t value = sqlite3_step(q) == SQLITE_ROW ? sqlite3_column_int64(q, 0) : -1;
    sqlite3_finalize(q);
    sqlite3_close(db);
    return value;
}

static kal_code restore(fixture *f, const char *backup, kal_backup *kept) {
    kal_options options = options_of(f);
    kal_restore what = {.path = f->path, .backup = backup, .options = &options};
    return kal_store_restore(&what, kept, &f->err);
}

static void a_backup_has_everything_and_says_what(void **state) {
    fixture *f = *state;
    kal_backup made, found;
    fill(f, 500);
    ok(kal_store_backup(f->store, f->dir, &made, &f->err));
    assert_int_equal(made.messages, 500);
    assert_int_equal(made.sessions + made.pins + made.personas, 3);
    assert_int_equal(made.summaries + made.orphans, 0);
    assert_int_equal(strlen(made.store_id), 32);
    struct stat st;
    assert_int_equal(stat(made.path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(st.st_size, made.size);
    ok(kal_backup_verify(made.path, &found, &f->err));
    assert_string_equal(found.store_id, made.store_id);
    assert_string_equal(found.created_at, made.created_at);
    assert_int_equal(found.messages, 500);
    assert_int_equal(found.schema_version, SCHEMA);
    assert_int_equal(value_in(made.path, "SELECT count(*) FROM pragma_journal_mode WHERE journal_mode = 'delete'"), 1);
    assert_int_equal(files_like(f, ".partial", NULL), 0);
}

static void a_backup_to_a_file_never_replaces_one(void **state) {
    fixture *f = *state;
    char path[600];
    kal_backup made;
    fill(f, 3);
    snprintf(path, sizeof path, "%s/mine.db", f->dir);
    ok(kal_store_backup(f->store, path, &made, &f->err));
    assert_string_equal(made.path, path);
    fails(KAL_EXISTS, kal_store_backup(f->store, path, &made, &f->err));
    fails(KAL_EXISTS, kal_store_backup(f->store, f->path, &made, &f->err));
    assert_int_equal(files_like(f, ".partial", NULL), 0);
    snprintf(path, sizeof path, "%s/none/mine.db", f->dir);
    fails(KAL_NOT_FOUND, kal_store_backup(f->store, path, &made, &f->err));
    fails(KAL_MISUSE, kal_store_backup(f->store, "", &made, &f->err));
    ok(kal_store_begin(f->store, &f->err));
    fails(KAL_MISUSE, kal_store_backup(f->store, f->dir, &made, &f->err));
    kal_store_rollback(f->store);
}

static void a_store_in_memory_has_no_backup(void **state) {
    fixture *f = *state;
    kal_backup made;
    fails(KAL_MISUSE, kal_store_backup(f->store, "/tmp", &made, &f->err));
}

static void a_backup_is_of_one_moment_while_others_write(void **state) {
    fixture *f = *state;
    kal_backup made;
    fill(f, 3000);
    int helpers[] = {start_helper("add", f->path, "s", "300", "apple", NULL),
                     start_helper("add", f->path, "s", "300", "pear", NULL)};
    for (int i = 0; i < 10; i++) {
        f->clock += 1000;
        ok(kal_store_backup(f->store, f->dir, &made, &f->err));
        assert_int_equal(value_in(made.path, "SELECT (SELECT count(*) FROM messages) ="
                                             " (SELECT count(*) FROM kalito_messages_fts_docsize)"), 1);
        assert_int_equal(value_in(made.path, "SELECT message_count FROM sessions"), made.messages);
        unlink(made.path);
    }
    for (int i = 0; i < 2; i++)
        assert_int_equal(wait_helper(helpers[i]), KAL_OK);
    assert_int_equal(count_of(f, "s"), 3600);
}

static void a_backup_of_a_damaged_database_is_refused(void **state) {
    fixture *f = *state;
    kal_backup made;
    size_t size;
    fill(f, 2000);
    close_all(f);
    char *data = read_file(f->path, &size);
    memset(data + size / 2 / 4096 * 4096, 0x5A, 8192);
    write_file(f->path, data, size);
    free(data);
    ok(kal_store_open(f->path, NULL, &f->store, &f->err));
    fails(KAL_CORRUPT, kal_store_backup(f->store, f->dir, &made, &f->err));
    assert_int_equal(files_like(f, "test-2", NULL), 0);
    assert_int_equal(files_like(f, ".partial", NULL), 0);
}

static void every_changed_byte_of_a_backup_is_noticed(void **state) {
    fixture *f = *state;
    kal_backup made, found;
    size_t size;
    dice d = {7};
    fill(f, 300);
    ok(kal_store_backup(f->store, f->dir, &made, &f->err));
    char *data = read_file(made.path, &size);
    for (int i = 0; i < 60; i++) {
        size_t at = (size_t)below(&d, (int64_t)size);
        char before = data[at];
        data[at] = (char)(before ^ (1 << below(&d, 8)));
        write_file(made.path, data, size);
        assert_int_not_equal(kal_backup_verify(made.path, &found, &f->err), KAL_OK);
        says(made.path);
        data[at] = before;
    }
    write_file(made.path, data, size - 4096);
    assert_int_not_equal(kal_backup_verify(made.path, &found, &f->err), KAL_OK);
    write_file(made.path, data, size);
    ok(kal_backup_verify(made.path, &found, &f->err));
    free(data);
    fails(KAL_NOT_FOUND, kal_backup_verify("/tmp/none.db", &found, &f->err));
    fails(KAL_NOT_KALITO, kal_backup_verify(f->dir, &found, &f->err));
    write_file(made.path, "", 0);
    fails(KAL_NOT_KALITO, kal_backup_get(made.path, &found, &f->err));
}

static void a_restored_database_is_what_it_was(void **state) {
    fixture *f = *state;
    kal_backup made, kept;
    fill(f, 400);
    ok(kal_store_backup(f->store, f->dir, &made, &f->err));
    ok(kal_session_del(f->store, T("s"), &f->err));
    add_session(f, "later");
    close_all(f);
    ok(restore(f, made.path, &kept));
    assert_int_equal(value_in(kept.path, "SELECT count(*) FROM sessions WHERE id = 'later'"), 1);
    reopen(f);
    assert_int_equal(count_of(f, "s"), 400);
    kal_session row;
    fails(KAL_NOT_FOUND, kal_session_get(f->store, T("later"), &row, &f->err));
    add_message(f, "s", "cherry");
    kal_store_info info;
    ok(kal_store_stat(f->store, &info, &f->err));
    assert_text(info.journal_mode, "wal");
    close_all(f);
    /* And back again. */
    ok(restore(f, kept.path, &made));
    reopen(f);
    ok(kal_session_get(f->store, T("later"), &row, &f->err));
}

static void a_restore_is_refused_while_others_have_the_database_open(void **state) {
    fixture *f = *state;
    kal_backup made, kept;
    fill(f, 10);
    ok(kal_store_backup(f->store, f->dir, &made, &f->err));
    kal_options options = {.busy_ms = 100};
    kal_restore what = {.path = f->path, .backup = made.path, .options = &options};
    fails(KAL_BUSY, kal_store_restore(&what, &kept, &f->err));
    says(f->path);
    assert_int_equal(files_like(f, "test-before-restore", NULL), 0);
    add_message(f, "s", "x");
    assert_int_equal(count_of(f, "s"), 11);
    fails(KAL_MISUSE, restore(f, f->path, &kept));
}

static void a_backup_of_another_database_is_refused_unless_asked_for(void **state) {
    fixture *f = *state;
    kal_backup made, kept;
    char first[300];
    fill(f, 10);
    ok(kal_store_backup(f->store, f->dir, &made, &f->err));
    strcpy(first, f->path);
    snprintf(f->path, sizeof f->path, "%s/another.db", f->dir);
    reopen(f);
    add_session(f, "mine");
    close_all(f);
    fails(KAL_REFUSED, restore(f, made.path, &kept));
    says("another database");
    assert_int_equal(value_in(f->path, "SELECT count(*) FROM sessions WHERE id = 'mine'"), 1);
    kal_restore what = {.path = f->path, .backup = made.path, .other = true};
    ok(kal_store_restore(&what, &kept, &f->err));
    assert_int_equal(value_in(f->path, "SELECT count(*) FROM sessions WHERE id = 'mine'"), 0);
}

static void a_missing_empty_or_unreadable_database_is_restored_too(void **state) {
    fixture *f = *state;
    kal_backup made, kept;
    fill(f, 50);
    ok(kal_store_backup(f->store, f->dir, &made, &f->err));
    close_all(f);
    static const char *const states[] = {NULL, "", "no database at all, but text that somebody has written over it:"
                                                   " long enough to be more than one hundred bytes, that is"};
    for (int i = 0; i < 3; i++) {
        unlink(f->path);
        if (states[i]) write_file(f->path, states[i], strlen(states[i]));
        f->clock += 1000;
        ok(restore(f, made.path, &kept));
        assert_int_equal(value_in(f->path, "SELECT count(*) FROM messages"), 50);
        if (i < 2) assert_string_equal(kept.path, "");
    }
    size_t size;
    char *old = read_file(kept.path, &size);
    assert_string_equal(old, states[2]);
    free(old);
}

static void a_damaged_backup_is_never_restored(void **state) {
    fixture *f = *state;
    kal_backup made, kept;
    size_t size;
    fill(f, 300);
    ok(kal_store_backup(f->store, f->dir, &made, &f->err));
    close_all(f);
    char *data = read_file(made.path, &size);
    data[size / 2] ^= 1;
    write_file(made.path, data, size);
    free(data);
    fails(KAL_CORRUPT, restore(f, made.path, &kept));
    assert_int_equal(value_in(f->path, "SELECT count(*) FROM messages"), 300);
}

static void a_file_of_the_original_can_go_back(void **state) {
    fixture *f = *state;
    char path[600];
    kal_backup kept;
    run(f, "%s", ORIGINAL);
    run(f, "INSERT INTO sessions(id) VALUES ('s')");
    close_all(f);
    reopen(f);
    add_message(f, "s", "apple");
    close_all(f);
    assert_int_equal(files_like(f, "test-before-migration", path), 1);
    ok(restore(f, path, &kept));
    assert_int_equal(value_in(f->path, "SELECT count(*) FROM sqlite_master WHERE name LIKE 'kalito%'"), 0);
    assert_int_equal(value_in(f->path, "PRAGMA user_version"), 0);
    assert_int_equal(value_in(f->path, "SELECT count(*) FROM sessions"), 1);
}

/* ---- killed in between */

static int rounds(void) {
    return getenv("KALITO_LONG") ? 300 : 20;
}

static void a_backup_that_is_killed_leaves_no_half_one(void **state) {
    fixture *f = *state;
    dice d = {1};
    fill(f, 5000);
    char folder[400], path[900];
    snprintf(folder, sizeof folder, "%s/backups", f->dir);
    assert_int_equal(mkdir(folder, 0700), 0);
    for (int i = 0; i < rounds(); i++) {
        int helper = start_helper("backup", f->path, folder, NULL);
        usleep((useconds_t)below(&d, 60000));
        kill(helper, SIGKILL);
        wait_helper(helper);
    }
    DIR *dir = opendir(folder);
    for (struct dirent *e; (e = readdir(dir));) {
        kal_backup found;
        if (e->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        ok(kal_backup_verify(path, &found, &f->err));
        assert_int_equal(found.messages, 5000);
    }
    closedir(dir);
    add_message(f, "s", "still works");
}

static void a_restore_that_is_killed_leaves_the_old_or_the_new_database(void **state) {
    fixture *f = *state;
    kal_backup made;
    dice d = {2};
    int restored = 0;
    fill(f, 5000);
    ok(kal_store_backup(f->store, f->dir, &made, &f->err));
    for (int i = 0; i < rounds(); i++) {
        reopen(f);
        add_message(f, "s", "new");
        int64_t before = count_of(f, "s");
        close_all(f);
        int helper = start_helper("restore", f->path, made.path, NULL);
        usleep((useconds_t)below(&d, 250000));
        kill(helper, SIGKILL);
        wait_helper(helper);
        int64_t after = value_in(f->path, "SELECT count(*) FROM messages");
        assert_true(after == before || after == 5000);
        restored += after == 5000;
        assert_int_equal(value_in(f->path, "SELECT count(*) FROM pragma_quick_check WHERE quick_check = 'ok'"), 1);
        assert_int_equal(value_in(f->path, "SELECT message_count FROM sessions"), after);
    }
    print_message("%d of %d restores were complete\n", restored, rounds());
}

static void a_migration_that_is_killed_leaves_the_original_or_the_new_file(void **state) {
    fixture *f = *state;
    dice d = {3};
    size_t size;
    run(f, "%s", ORIGINAL);
    run(f, "INSERT INTO sessions(id) VALUES ('s'); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
           " WHERE i < 3000) INSERT INTO messages(session_id, role, text, created_at) SELECT 's', 'user',"
           " 'some words ' || i, '2025-01-01 10:00:00' FROM n");
    close_all(f);
    char *data = read_file(f->path, &size);
    for (int i = 0; i < rounds(); i++) {
        unlink(f->path);
        write_file(f->path, data, size);
        int helper = start_helper("create", f->path, NULL);
        usleep((useconds_t)below(&d, 400000));
        kill(helper, SIGKILL);
        wait_helper(helper);
        bool migrated = value_in(f->path, "PRAGMA user_version") == SCHEMA;
        int64_t ours = value_in(f->path, "SELECT count(*) FROM sqlite_master WHERE name LIKE 'kalito%'");
        assert_int_equal(ours > 0, migrated);
        assert_int_equal(value_in(f->path, "SELECT count(*) FROM messages"), 3000);
        assert_int_equal(value_in(f->path, "SELECT count(*) FROM messages WHERE created_at LIKE '%T%'"),
                         migrated ? 3000 : 0);
    }
    free(data);
    reopen(f);
    assert_int_equal(count_of(f, "s"), 3000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_FILE(a_backup_has_everything_and_says_what),
        ON_FILE(a_backup_to_a_file_never_replaces_one),
        ON_MEMORY(a_store_in_memory_has_no_backup),
        ON_FILE(a_backup_is_of_one_moment_while_others_write),
        ON_FILE(a_backup_of_a_damaged_database_is_refused),
        ON_FILE(every_changed_byte_of_a_backup_is_noticed),
        ON_FILE(a_restored_database_is_what_it_was),
        ON_FILE(a_restore_is_refused_while_others_have_the_database_open),
        ON_FILE(a_backup_of_another_database_is_refused_unless_asked_for),
        ON_FILE(a_missing_empty_or_unreadable_database_is_restored_too),
        ON_FILE(a_damaged_backup_is_never_restored),
        ON_FOLDER(a_file_of_the_original_can_go_back),
        ON_FILE(a_backup_that_is_killed_leaves_no_half_one),
        ON_FILE(a_restore_that_is_killed_leaves_the_old_or_the_new_database),
        ON_FOLDER(a_migration_that_is_killed_leaves_the_original_or_the_new_file),
    };
    return cmocka_run_group_tests_name("backup", tests, NULL, NULL);
}
