/* Power cuts: a run of calls is written down, and for every point of it the disk is rebuilt as it would be found
 * if the power went just then. What was acknowledged is there, and of what was under way all or nothing. */
#include "vfs.h"
#include "world.h"

#define STATES 64

/* A run: the database's hash before it and after each acknowledged call. */
typedef struct run_of {
    trace trace;
    uint64_t state[STATES];
    int copies[STATES]; /* backups beside it, at each of them */
    int states;
} run_of;

static int cuts, points;

static bool is_long(void) {
    return getenv("KALITO_LONG") != NULL;
}

static void acknowledged(fixture *f, run_of *r) {
    trace_mark();
    assert_true(r->states < STATES);
    r->copies[r->states] = world_copies(f->path, "now");
    r->state[r->states++] = world_hash(f->path);
}

static void begin(fixture *f, run_of *r) {
    memset(r, 0, sizeof *r);
    trace_begin(&r->trace, f->dir);
    /* Looking at a file that does not exist would make it. */
    r->state[r->states++] = r->trace.start_count ? world_hash(f->path) : world_hash("");
}

static void end(fixture *f) {
    kal_store_close(f->store);
    f->store = NULL;
    trace_end();
}

/* The disk as it was found: the file has one of the two states, is sound, and goes on working. */
static void check_cut(fixture *f, const run_of *r, const char *path, int done, const char *label,
                      bool thorough) {
    uint64_t found = world_hash(path);
    bool next = done + 1 < r->states && found == r->state[done + 1];
    if (found != r->state[done] && !next)
        fail_msg("%s: %d calls were acknowledged, but the file is in neither state", label, done);
    /* A change is not seen before the backup made first is safe. */
    int copies = world_copies(path, label);
    if (copies < r->copies[found == r->state[done] ? done : done + 1])
        fail_msg("%s: a backup is missing", label);
    world_check_file(path, label, false);
    if (!thorough) return;
    kal_options options = options_of(f);
    kal_store *store;
    if (kal_store_open(path, &options, &store, &f->err) != KAL_OK)
        fail_msg("%s: %s", label, f->err.message);
    kal_message row = {.session = T("s"), .role = T("user"), .text = T("after uniq999")};
    kal_session session = {.id = T("s")};
    kal_code code = kal_session_add(store, &session, &f->err);
    if (code != KAL_OK && code != KAL_EXISTS) fail_msg("%s: %s", label, f->err.message);
    if (kal_message_add(store, &row, &f->err) != KAL_OK) fail_msg("%s: %s", label, f->err.message);
    int failures = 0;
    if (cuts % 16 == 0 && (world_read(store, &failures) != KAL_OK || failures))
        fail_msg("%s: reading fails", label);
    kal_store_close(store);
    world_check_file(path, label, true);
}

/* Cuts the power after every step, or after every `stride`-th. */
static void cut_everywhere(fixture *f, const run_of *r, const char *name, size_t stride) {
    char dir[300], path[320], label[120];
    int done = 0;
    int tries = is_long() ? 5 : 1;
    dice d = {.state = 42};
    snprintf(dir, sizeof dir, "%s/cut", f->dir);
    snprintf(path, sizeof path, "%s/test.db", dir);
    for (size_t n = 0; n <= r->trace.count; n++) {
        if (n && r->trace.steps[n - 1].kind == STEP_MARK) done++;
        if (n % stride && n != r->trace.count) continue;
        points++;
        for (int how = 0; how < CUTS; how++) {
            if (!is_long() && how && n % 3 != (size_t)how) continue;
            for (int i = 0; i < (how == CUT_SOME_LEFT ? tries : 1); i++) {
                snprintf(label, sizeof label, "%s, step %d of %d, cut %d", name, (int)n,
                         (int)r->trace.count, how);
                trace_replay(&r->trace, n, (cut)how, &d, dir);
                check_cut(f, r, path, done, label, is_long() || cuts % 3 == 0);
                cuts++;
            }
        }
    }
    print_message("# %s: %d points, %d cuts so far\n", name, points, cuts);
}

static void run_operations(fixture *f, const char *journal) {
    static run_of r;
    char name[64];
    world_make(f, journal);
    world_check(f->path, "before");
    begin(f, &r);
    reopen(f);
    for (int i = 0; i < operation_count; i++) {
        kal_code code = operations[i].run(f);
        if (code != KAL_OK) fail_msg("%s: %s", operations[i].name, f->err.message);
        acknowledged(f, &r);
        world_check(f->path, operations[i].name);
    }
    end(f);
    snprintf(name, sizeof name, "calls on a file in mode %s", journal);
    cut_everywhere(f, &r, name, 1);
    trace_free(&r.trace);
}

static void a_power_cut_loses_nothing_acknowledged_with_a_log(void **state) {
    run_operations(*state, "wal");
}

static void a_power_cut_loses_nothing_acknowledged_with_a_journal(void **state) {
    run_operations(*state, "delete");
}

static void a_new_file_is_there_or_not(void **state) {
    fixture *f = *state;
    static run_of r;
    begin(f, &r);
    reopen(f);
    acknowledged(f, &r);
    add_session(f, "s");
    acknowledged(f, &r);
    add_message(f, "s", "hello uniq1");
    acknowledged(f, &r);
    end(f);
    cut_everywhere(f, &r, "a new file", 1);
    trace_free(&r.trace);
}

/* The original's file, then what is indexed of it. */
static void adopt(fixture *f, const char *journal) {
    static run_of r;
    char name[64];
    world_original(f, journal);
    begin(f, &r);
    reopen(f);
    acknowledged(f, &r);
    add_message(f, "s", "hello uniq900");
    acknowledged(f, &r);
    end(f);
    snprintf(name, sizeof name, "adoption in mode %s", journal);
    cut_everywhere(f, &r, name, 1);
    trace_free(&r.trace);
}

static void an_original_file_is_adopted_or_as_it_was_with_a_journal(void **state) {
    adopt(*state, "delete");
}

static void an_original_file_is_adopted_or_as_it_was_with_a_log(void **state) {
    adopt(*state, "wal");
}

static void a_backup_is_whole_or_not_there(void **state) {
    fixture *f = *state;
    static run_of r;
    kal_backup made;
    world_make(f, "wal");
    begin(f, &r);
    reopen(f);
    for (int i = 0; i < 2; i++) {
        add_message(f, "s", i ? "uniq902" : "uniq901");
        acknowledged(f, &r);
        ok(kal_store_backup(f->store, f->dir, &made, &f->err));
        acknowledged(f, &r);
    }
    assert_int_equal(r.copies[r.states - 1], 2);
    end(f);
    cut_everywhere(f, &r, "backups", 1);
    trace_free(&r.trace);
}

static void restore(fixture *f, const char *journal) {
    static run_of r;
    kal_backup made;
    char name[64];
    world_make(f, journal);
    reopen(f);
    ok(kal_store_backup(f->store, f->dir, &made, &f->err));
    add_message(f, "s", "uniq901");
    kal_store_close(f->store);
    f->store = NULL;
    kal_options options = options_of(f);
    kal_restore what = {.path = f->path, .backup = made.path, .options = &options};
    begin(f, &r);
    kal_backup kept;
    ok(kal_store_restore(&what, &kept, &f->err));
    acknowledged(f, &r);
    end(f);
    snprintf(name, sizeof name, "restoring in mode %s", journal);
    cut_everywhere(f, &r, name, 1);
    trace_free(&r.trace);
}

static void a_restore_gives_the_old_or_the_new_database(void **state) {
    restore(*state, "wal");
}

static void a_restore_gives_the_old_or_the_new_database_with_a_journal(void **state) {
    restore(*state, "delete");
}

/* More than the log holds: it is written back and begun again in between. */
static void a_log_that_is_written_back_loses_nothing(void **state) {
    fixture *f = *state;
    static run_of r;
    dice d = {.state = 7};
    char text[6000];
    world_make(f, "wal");
    begin(f, &r);
    reopen(f);
    for (int batch = 0; batch < 12; batch++) {
        ok(kal_store_begin(f->store, &f->err));
        for (int i = 0; i < 60; i++) {
            int n = snprintf(text, sizeof text, "uniq%d ", 1000 + batch * 60 + i);
            while (n < 5900)
                n += snprintf(text + n, sizeof text - (size_t)n, "w%d ", (int)below(&d, 4000));
            add_message(f, "s", text);
        }
        ok(kal_store_commit(f->store, &f->err));
        acknowledged(f, &r);
    }
    end(f);
    cut_everywhere(f, &r, "a long log", is_long() ? 29 : 331);
    trace_free(&r.trace);
}

int main(void) {
    vfs_install();
#define TEST(test) cmocka_unit_test_setup_teardown(test, in_memory_folder, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_power_cut_loses_nothing_acknowledged_with_a_log),
        TEST(a_power_cut_loses_nothing_acknowledged_with_a_journal),
        TEST(a_new_file_is_there_or_not),
        TEST(an_original_file_is_adopted_or_as_it_was_with_a_journal),
        TEST(an_original_file_is_adopted_or_as_it_was_with_a_log),
        TEST(a_backup_is_whole_or_not_there),
        TEST(a_restore_gives_the_old_or_the_new_database),
        TEST(a_restore_gives_the_old_or_the_new_database_with_a_journal),
        TEST(a_log_that_is_written_back_loses_nothing),
    };
    return cmocka_run_group_tests_name("power", tests, NULL, NULL);
}
