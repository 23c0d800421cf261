/* Calls to the disk that fail, once and from then on: every write (refused, disk full, half written), sync,
 * truncation, opening and deletion of every call. It succeeds or says so and has changed nothing; the same
 * store works again when the disk does. */
#include "vfs.h"
#include "world.h"

#include <sys/stat.h>

static int runs;

static bool is_long(void) {
    return getenv("KALITO_LONG") != NULL;
}

static const char *const NAMES[FAULTS] = {"write refused", "disk full", "half a write", "sync",
                                          "truncation",    "opening",   "deletion"};

/* One call with a fault at one point of it. */
typedef struct attempt {
    const operation *op; /* NULL: opening the file */
    fault_kind kind;
    int n;
    bool persistent;
    uint64_t before, after;
    char label[120];
} attempt;

static kal_code try_open(fixture *f) {
    kal_options options = options_of(f);
    return kal_store_open(f->path, &options, &f->store, &f->err);
}

static void check_state(fixture *f, const attempt *a, kal_code code) {
    uint64_t now = world_hash(f->path);
    if (code == KAL_OK && now != a->after) fail_msg("%s: succeeded, but is not there", a->label);
    /* A restore holds the file alone, and then a journal ends with a write and a sync, not with its deletion: when
     * these fail, it has happened all the same. */
    bool done = a->op && strcmp(a->op->name, "restore") == 0 && now == a->after;
    if (code != KAL_OK && now != a->before && !done)
        fail_msg("%s: failed, but left something", a->label);
}

/* After the fault has passed, the store that met it works, and so does a new one. */
static void go_on(fixture *f, const attempt *a) {
    kal_session session = {.id = T("s")};
    kal_message row = {.session = T("s"), .role = T("user"), .text = T("after uniq999")};
    if (!f->store && try_open(f) != KAL_OK) fail_msg("%s: %s", a->label, f->err.message);
    kal_code code = kal_session_add(f->store, &session, &f->err);
    if (code != KAL_OK && code != KAL_EXISTS) fail_msg("%s: then %s", a->label, f->err.message);
    if (kal_message_add(f->store, &row, &f->err) != KAL_OK)
        fail_msg("%s: then %s", a->label, f->err.message);
    kal_store_close(f->store);
    f->store = NULL;
    world_check(f->path, a->label);
}

/* False when the fault did not come. */
static bool meet(fixture *f, const attempt *a) {
    kal_code code = KAL_OK;
    f->clock = BEGINNING + 1000000000;
    f->ids = 1000;
    if (a->op && try_open(f) != KAL_OK) fail_msg("%s: %s", a->label, f->err.message);
    vfs_fail(a->kind, a->n, a->persistent);
    code = a->op ? a->op->run(f) : try_open(f);
    if (code != KAL_OK && code != KAL_IO && code != KAL_FULL && code != KAL_READONLY)
        fail_msg("%s: %s: %s", a->label, kal_code_name(code), f->err.message);
    if (code != KAL_OK && (f->err.code != code || !f->err.message[0]))
        fail_msg("%s: no message", a->label);
    if (code != KAL_OK && !a->op && !strstr(f->err.message, f->path))
        fail_msg("%s: '%s' does not name the file", a->label, f->err.message);
    bool came = vfs_heal() > 0;
    if (code != KAL_OK && !came) fail_msg("%s: %s without a fault", a->label, f->err.message);
    check_state(f, a, code);
    world_copies(f->path, a->label);
    go_on(f, a);
    runs++;
    return came;
}

/* Every point of the call, on a copy of `base` ("": a file that does not exist). */
static void sweep(fixture *f, attempt *a, const char *base, const char *where) {
    static int turn;
    for (a->n = 1;; a->n++) {
        bool skip = !is_long() && a->n > 4 && turn++ % 8;
        if (skip) continue;
        world_remove(f->path);
        if (*base) world_copy(base, f->path);
        snprintf(a->label, sizeof a->label, "%s, %s, %s no. %d%s", where,
                 a->op ? a->op->name : "opening", NAMES[a->kind], a->n,
                 a->persistent ? " and on" : "");
        if (!meet(f, a)) return;
        assert_true(a->n < 20000);
    }
}

static void sweep_kinds(fixture *f, const operation *op, const char *base, const char *where) {
    attempt a = {.op = op};
    world_remove(f->path);
    if (*base) world_copy(base, f->path);
    a.before = world_hash(*base ? f->path : "");
    f->clock = BEGINNING + 1000000000;
    f->ids = 1000;
    kal_code code = try_open(f);
    if (code == KAL_OK && op) code = op->run(f);
    if (code != KAL_OK) fail_msg("%s: %s", where, f->err.message);
    kal_store_close(f->store);
    f->store = NULL;
    a.after = world_hash(f->path);
    for (int kind = 0; kind < FAULTS; kind++)
        for (int persistent = 0; persistent < 2; persistent++) {
            a.kind = (fault_kind)kind;
            a.persistent = persistent;
            sweep(f, &a, base, where);
        }
}

/* Makes the world and keeps a copy of it. */
static void keep(fixture *f, char base[320]) {
    snprintf(base, 320, "%s/kept", f->dir);
    mkdir(base, 0700);
    snprintf(base, 320, "%s/kept/base", f->dir);
    world_copy(f->path, base);
}

static void every_call(fixture *f, const char *journal) {
    char base[320];
    world_make(f, journal);
    keep(f, base);
    for (int i = 0; i < operation_count; i++)
        sweep_kinds(f, &operations[i], base, journal);
    print_message("# %d faults so far\n", runs);
}

static void a_failing_disk_is_reported_and_changes_nothing_with_a_log(void **state) {
    every_call(*state, "wal");
}

static void a_failing_disk_is_reported_and_changes_nothing_with_a_journal(void **state) {
    every_call(*state, "delete");
}

static void a_new_file_on_a_failing_disk_can_be_made_later(void **state) {
    sweep_kinds(*state, NULL, "", "a new file");
    print_message("# %d faults so far\n", runs);
}

static void an_original_file_on_a_failing_disk_is_adopted_later(void **state) {
    fixture *f = *state;
    char base[320];
    world_original(f, "delete");
    keep(f, base);
    sweep_kinds(f, NULL, base, "the original's journal");
    f->path[0] = 0;
    snprintf(f->path, sizeof f->path, "%s/log.db", f->dir);
    world_original(f, "wal");
    keep(f, base);
    sweep_kinds(f, NULL, base, "the original's log");
    print_message("# %d faults so far\n", runs);
}

/* ---- copies */

static kal_code back_up(fixture *f) {
    kal_backup made;
    return kal_store_backup(f->store, f->dir, &made, &f->err);
}

static char kept_backup[KAL_PATH_MAX];

static kal_code restore(fixture *f) {
    kal_backup kept;
    kal_options options = options_of(f);
    kal_restore what = {.path = f->path, .backup = kept_backup, .options = &options};
    kal_store_close(f->store);
    f->store = NULL;
    return kal_store_restore(&what, &kept, &f->err);
}

static void copies_on_a_failing_disk_are_whole_or_not_there(void **state) {
    static const operation backing = {"backup", back_up}, restoring = {"restore", restore};
    fixture *f = *state;
    char base[320], folder[320];
    kal_backup made;
    world_make(f, "wal");
    snprintf(folder, sizeof folder, "%s/away", f->dir);
    assert_int_equal(mkdir(folder, 0700), 0);
    reopen(f);
    ok(kal_store_backup(f->store, folder, &made, &f->err));
    strcpy(kept_backup, made.path);
    add_message(f, "s", "uniq901");
    kal_store_close(f->store);
    f->store = NULL;
    keep(f, base);
    sweep_kinds(f, &backing, base, "a copy");
    sweep_kinds(f, &restoring, base, "a copy");
    run(f, "PRAGMA journal_mode = delete");
    sqlite3_close(f->other);
    f->other = NULL;
    keep(f, base);
    sweep_kinds(f, &restoring, base, "a copy over a journal");
    print_message("# %d faults so far\n", runs);
}

int main(void) {
    vfs_install();
#define TEST(test) cmocka_unit_test_setup_teardown(test, in_memory_folder, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_failing_disk_is_reported_and_changes_nothing_with_a_log),
        TEST(a_failing_disk_is_reported_and_changes_nothing_with_a_journal),
        TEST(a_new_file_on_a_failing_disk_can_be_made_later),
        TEST(copies_on_a_failing_disk_are_whole_or_not_there),
        TEST(an_original_file_on_a_failing_disk_is_adopted_later),
    };
    return cmocka_run_group_tests_name("io", tests, NULL, NULL);
}
