/* Several processes on one file: writers wait for each other, nothing is lost, what was not committed when a
 * process was killed never happened. */
#include "support.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

static kal_code open_patient(fixture *f, int busy_ms) {
    kal_options options = options_of(f);
    options.busy_ms = busy_ms;
    kal_store_close(f->store);
    return kal_store_open(f->path, &options, &f->store, &f->err);
}

static void assert_exact(fixture *f, int64_t messages) {
    assert_int_equal(integer(f, "SELECT count(*) FROM messages"), messages);
    assert_int_equal(integer(f, "SELECT sum(message_count) FROM sessions"), messages);
    assert_int_equal(integer(f, "SELECT count(*) FROM kalito_messages_fts_docsize"), messages);
    sqlite3_stmt *q;
    assert_int_equal(sqlite3_prepare_v2(other(f), "PRAGMA integrity_check", -1, &q, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(q, 0), "ok");
    sqlite3_finalize(q);
}

static void writers_wait_for_each_other_and_lose_nothing(void **state) {
    fixture *f = *state;
    add_session(f, "a");
    add_session(f, "b");
    ok(open_patient(f, 60000));
    int helpers[] = {start_helper("add", f->path, "a", "100", "apple", NULL),
                     start_helper("add", f->path, "b", "100", "pear", NULL),
                     start_helper("add", f->path, "a", "100", "plum", NULL)};
    for (int i = 0; i < 50; i++)
        add_message(f, "a", "cherry");
    for (int i = 0; i < 3; i++)
        assert_int_equal(wait_helper(helpers[i]), KAL_OK);
    assert_exact(f, 350);
    assert_int_equal(count_of(f, "a"), 250);
    assert_int_equal(integer(f, "SELECT count(*) FROM kalito_messages_fts WHERE text MATCH 'plum'"),
                     100);
    /* One after the other: no two messages of a session at the same time. */
    assert_int_equal(
        integer(f, "SELECT count(*) - count(DISTINCT session_id || created_at) FROM messages"), 0);
    assert_int_equal(integer(f, "SELECT count(*) FROM messages a JOIN messages b ON b.session_id ="
                                " a.session_id AND b.id > a.id AND b.created_at <= a.created_at"),
                     0);
}

static void a_reader_works_while_another_writes(void **state) {
    fixture *f = *state;
    add_session(f, "s");
    int helper = start_helper("add", f->path, "s", "200", "apple", NULL);
    int64_t last = 0, count = 0;
    for (int i = 0; i < 2000 && count < 200; i++) {
        ok(kal_message_count(f->store, NULL, &count, &f->err));
        assert_true(count >= last);
        last = count;
        usleep(1000);
    }
    assert_int_equal(wait_helper(helper), KAL_OK);
    assert_int_equal(last, 200);
}

static int hold(fixture *f, const char *ms) {
    char ready[400];
    snprintf(ready, sizeof ready, "%s/ready", f->dir);
    int helper = start_helper("hold", f->path, ready, ms, NULL);
    for (int i = 0; i < 10000 && access(ready, F_OK) != 0; i++)
        usleep(1000);
    assert_int_equal(access(ready, F_OK), 0);
    return helper;
}

static void who_waits_too_long_is_told_so_and_nothing_changes(void **state) {
    fixture *f = *state;
    add_session(f, "s");
    ok(open_patient(f, 50));
    int helper = hold(f, "2000");
    kal_message row = {.session = T("s"), .role = T("user"), .text = T("x")};
    fails(KAL_BUSY, kal_message_add(f->store, &row, &f->err));
    says("in use by another process");
    fails(KAL_BUSY, kal_store_begin(f->store, &f->err));
    assert_int_equal(count_of(f, "s"), 0); /* reading needs no waiting */
    assert_int_equal(wait_helper(helper), KAL_OK);
    add_message(f, "s", "now");
    assert_int_equal(count_of(f, "s"), 1);
}

static void who_waits_long_enough_succeeds(void **state) {
    fixture *f = *state;
    add_session(f, "s");
    ok(open_patient(f, 60000));
    int helper = hold(f, "300");
    kal_store_interrupt(f->store); /* while nothing runs: that is no reason not to wait */
    add_message(f, "s", "x");
    assert_int_equal(wait_helper(helper), KAL_OK);
    assert_exact(f, 1);
}

typedef struct interrupter {
    kal_store *store;
    _Atomic(bool) done;
} interrupter;

static void *interrupt_often(void *context) {
    interrupter *o = context;
    while (!o->done) {
        usleep(50000);
        kal_store_interrupt(o->store);
    }
    return NULL;
}

static void waiting_ends_when_it_is_interrupted(void **state) {
    fixture *f = *state;
    add_session(f, "s");
    ok(open_patient(f, 60000));
    int helper = hold(f, "120000");
    interrupter other = {.store = f->store};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, interrupt_often, &other), 0);
    kal_message row = {.session = T("s"), .role = T("user"), .text = T("x")};
    fails(KAL_INTERRUPTED, kal_message_add(f->store, &row, &f->err));
    says("interrupted");
    other.done = true;
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(kill(helper, SIGKILL), 0);
    assert_int_equal(wait_helper(helper), 128 + 9);
    assert_int_equal(count_of(f, "s"), 0);
    add_message(f, "s", "x");
    assert_exact(f, 1);
}

static void what_a_killed_process_had_not_committed_never_happened(void **state) {
    fixture *f = *state;
    add_session(f, "s");
    add_message(f, "s", "before");
    assert_int_equal(wait_helper(start_helper("die", f->path, "s", NULL)), 128 + 9);
    add_message(f, "s", "after");
    assert_exact(f, 2);
    assert_int_equal(wait_helper(start_helper("die", f->path, "s", NULL)), 128 + 9);
    reopen(f);
    assert_int_equal(count_of(f, "s"), 2);
}

static void many_processes_may_create_the_same_file(void **state) {
    fixture *f = *state;
    for (int round = 0; round < 5; round++) {
        int helpers[6];
        snprintf(f->path, sizeof f->path, "%s/%d.db", f->dir, round);
        for (int i = 0; i < 6; i++)
            helpers[i] = start_helper("create", f->path, NULL);
        for (int i = 0; i < 6; i++)
            assert_int_equal(wait_helper(helpers[i]), KAL_OK);
        reopen(f);
        add_session(f, "s");
        kal_store_info info;
        ok(kal_store_stat(f->store, &info, &f->err));
        assert_text(info.journal_mode, "wal");
        assert_int_equal(info.schema_version, SCHEMA);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_FILE(writers_wait_for_each_other_and_lose_nothing),
        ON_FILE(a_reader_works_while_another_writes),
        ON_FILE(who_waits_too_long_is_told_so_and_nothing_changes),
        ON_FILE(who_waits_long_enough_succeeds),
        ON_FILE(waiting_ends_when_it_is_interrupted),
        ON_FILE(what_a_killed_process_had_not_committed_never_happened),
        ON_FOLDER(many_processes_may_create_the_same_file),
    };
    return cmocka_run_group_tests_name("concurrency", tests, NULL, NULL);
}
