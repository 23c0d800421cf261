/* Every N-th allocation fails, every N-th write to the disk fails: a call either succeeds or says what was
 * wrong and has changed nothing, and the store goes on working. */
#include "support.h"

/* ---- faults */

static int countdown; /* the fault comes when it reaches 0; 0: never */
static bool fired;
static int fault; /* what a failing write gives */

static bool fails_now(void) {
    if (countdown == 0 || --countdown > 0) return false;
    return fired = true;
}

/* The core's calls come here, see tests/CMakeLists.txt; SQLite's by its configuration. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
char *__wrap_strdup(const char *text);

static bool memory_faults;

void *__wrap_malloc(size_t size) {
    return memory_faults && fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
    return memory_faults && fails_now() ? NULL : __real_calloc(count, size);
}

char *__wrap_strdup(const char *text) {
    return memory_faults && fails_now() ? NULL : __real_strdup(text);
}

static sqlite3_mem_methods memory;

static void *sqlite_malloc(int size) {
    return memory_faults && fails_now() ? NULL : memory.xMalloc(size);
}

static void *sqlite_realloc(void *p, int size) {
    return memory_faults && fails_now() ? NULL : memory.xRealloc(p, size);
}

/* ---- a file system whose writes fail on demand, around the real one */

static sqlite3_vfs disk;
static sqlite3_vfs *real_disk;

typedef struct disk_file {
    sqlite3_file base;
    sqlite3_file *real;
} disk_file;

#define REAL(file) (((disk_file *)(file))->real)

static int failing_write(void) {
    return !memory_faults && fails_now() ? fault : SQLITE_OK;
}

static int disk_close(sqlite3_file *f) {
    int rc = REAL(f)->pMethods ? REAL(f)->pMethods->xClose(REAL(f)) : SQLITE_OK;
    free(REAL(f));
    return rc;
}
static int disk_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at) {
    return REAL(f)->pMethods->xRead(REAL(f), p, n, at);
}
static int disk_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at) {
    int rc = failing_write();
    return rc ? rc : REAL(f)->pMethods->xWrite(REAL(f), p, n, at);
}
static int disk_truncate(sqlite3_file *f, sqlite3_int64 n) {
    return REAL(f)->pMethods->xTruncate(REAL(f), n);
}
static int disk_sync(sqlite3_file *f, int flags) {
    int rc = failing_write();
    return rc ? rc : REAL(f)->pMethods->xSync(REAL(f), flags);
}
static int disk_size(sqlite3_file *f, sqlite3_int64 *n) {
    return REAL(f)->pMethods->xFileSize(REAL(f), n);
}
static int disk_lock(sqlite3_file *f, int level) {
    return REAL(f)->pMethods->xLock(REAL(f), level);
}
static int disk_unlock(sqlite3_file *f, int level) {
    return REAL(f)->pMethods->xUnlock(REAL(f), level);
}
static int disk_reserved(sqlite3_file *f, int *out) {
    return REAL(f)->pMethods->xCheckReservedLock(REAL(f), out);
}
static int disk_control(sqlite3_file *f, int op, void *arg) {
    return REAL(f)->pMethods->xFileControl(REAL(f), op, arg);
}
static int disk_sector(sqlite3_file *f) {
    return REAL(f)->pMethods->xSectorSize(REAL(f));
}
static int disk_traits(sqlite3_file *f) {
    return REAL(f)->pMethods->xDeviceCharacteristics(REAL(f));
}
static int disk_map(sqlite3_file *f, int page, int size, int extend, void volatile **out) {
    return REAL(f)->pMethods->xShmMap(REAL(f), page, size, extend, out);
}
static int disk_shm_lock(sqlite3_file *f, int at, int n, int flags) {
    return REAL(f)->pMethods->xShmLock(REAL(f), at, n, flags);
}
static void disk_barrier(sqlite3_file *f) {
    REAL(f)->pMethods->xShmBarrier(REAL(f));
}
static int disk_unmap(sqlite3_file *f, int del) {
    return REAL(f)->pMethods->xShmUnmap(REAL(f), del);
}

static const sqlite3_io_methods METHODS = {
    2,           disk_close, disk_read,     disk_write,    disk_truncate, disk_sync,
    disk_size,   disk_lock,  disk_unlock,   disk_reserved, disk_control,  disk_sector,
    disk_traits, disk_map,   disk_shm_lock, disk_barrier,  disk_unmap,    NULL,
    NULL};

static int disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out) {
    (void)vfs;
    REAL(f) = __real_calloc(1, (size_t)real_disk->szOsFile);
    int rc = real_disk->xOpen(real_disk, name, REAL(f), flags, out);
    f->pMethods = REAL(f)->pMethods ? &METHODS : NULL;
    if (!f->pMethods) free(REAL(f));
    return rc;
}

/* ---- what is done while faults come */

static const char HAN[] = "三楼停车 on level three, because \xF0\x9F\x98\x80";

/* Each writes in a transaction of its own. */
static kal_code write_one(fixture *f, int which, int serial) {
    char id[32];
    snprintf(id, sizeof id, "id-%d", serial);
    kal_message message = {
        .session = T("s"), .role = T("user"), .text = T(HAN), .external_id = T(id)};
    kal_session session = {.id = T(id), .name = T("new")};
    kal_pin pin = {.id = T(id), .session = T("s"), .content = T("apple")};
    kal_summary summary = {.id = T(id), .session = T("s"), .summary = T("pear")};
    kal_persona persona = {.has = KAL_PERSONA_IS_DEFAULT,
                           .id = T(id),
                           .name = T(id),
                           .prompt = T("p"),
                           .category = T("general"),
                           .is_default = true};
    kal_message change = {.id = 1, .text = serial % 2 ? T("one") : T("two")};
    switch (which) {
    case 0: return kal_message_add(f->store, &message, &f->err);
    case 1: return kal_session_add(f->store, &session, &f->err);
    case 2: return kal_pin_add(f->store, &pin, &f->err);
    case 3: return kal_summary_add(f->store, &summary, &f->err);
    case 4: return kal_persona_add(f->store, &persona, &f->err);
    default: return kal_message_set(f->store, &change, &f->err);
    }
}
#define WRITES 6

static kal_code read_all(fixture *f) {
    kal_message rows[8];
    kal_page page = {.capacity = 8};
    kal_filter filter = {.session = T("s"), .scope = KAL_SCOPE_LIVE};
    kal_code code = kal_message_find(f->store, &filter, rows, &page, &f->err);
    int64_t count;
    if (code == KAL_OK) code = kal_pin_count(f->store, NULL, &count, &f->err);
    kal_store_info info;
    if (code == KAL_OK) code = kal_store_stat(f->store, &info, &f->err);
    kal_recalled recalled = {.id = 1, .score = 1, .reasons = T("[]"), .beside = 2};
    kal_request request = {.session = T("s"),
                           .prompt = T("Be brief."),
                           .text = T("Where?"),
                           .budget = 1000,
                           .recalled = &recalled,
                           .recalled_count = 1};
    kal_context *context = NULL;
    if (code == KAL_OK) code = kal_context_build(f->store, &request, &context, &f->err);
    if (code == KAL_OK) code = kal_context_compare(f->store, context, &f->err);
    kal_str trace;
    if (code == KAL_OK) code = kal_context_trace(context, &trace, &f->err);
    kal_context_close(context);
    return code;
}

static kal_code save_context(fixture *f) {
    kal_request request = {.session = T("s"), .budget = 1000};
    kal_context *context = NULL;
    kal_code code = kal_context_build(f->store, &request, &context, &f->err);
    if (code == KAL_OK) code = kal_context_save(f->store, context, &f->err);
    kal_context_close(context);
    return code;
}

static kal_code delete_and_restore(fixture *f) {
    kal_code code = kal_store_begin(f->store, &f->err);
    if (code != KAL_OK) return code;
    code = kal_message_del(f->store, 2, &f->err);
    kal_message again = {
        .has = KAL_MESSAGE_ID, .id = 2, .session = T("s"), .role = T("user"), .text = T(HAN)};
    if (code == KAL_OK) code = kal_message_add(f->store, &again, &f->err);
    if (code == KAL_OK) return kal_store_commit(f->store, &f->err);
    kal_store_rollback(f->store);
    return code;
}

static void set_up_rows(fixture *f) {
    add_session(f, "s");
    for (int i = 0; i < 5; i++)
        add_message(f, "s", HAN);
    add_pin(f, "s", "pin", "apple", 0.5);
    add_summary(f, "s", "summary", "pear", 0.5);
}

static int64_t rows(fixture *f) {
    int64_t total = 0, count;
    ok(kal_message_count(f->store, NULL, &count, &f->err));
    assert_int_equal(count_of(f, "s"), count);
    total += count;
    ok(kal_session_count(f->store, NULL, &count, &f->err));
    total += count;
    ok(kal_pin_count(f->store, NULL, &count, &f->err));
    total += count;
    ok(kal_summary_count(f->store, NULL, &count, &f->err));
    total += count;
    ok(kal_persona_count(f->store, NULL, &count, &f->err));
    return total + count;
}

/* Lets the N-th fault come, for N = 1, 2, ... until the call goes through without meeting it. `adds`: how
 * many rows a success adds. */
static void sweep(fixture *f, const char *name, kal_code (*call)(fixture *, int), int which,
                  int adds) {
    for (int n = 1;; n++) {
        assert_true(n < 5000);
        int64_t before = rows(f);
        countdown = n;
        fired = false;
        static int serial;
        kal_code code = which < 0 ? call(f, 0) : write_one(f, which, ++serial);
        countdown = 0;
        if (!fired && code != KAL_OK) fail_msg("%s, fault %d: %s", name, n, f->err.message);
        if (code != KAL_OK && code != KAL_NOMEM && code != KAL_FULL && code != KAL_IO)
            fail_msg("%s, fault %d: %s: %s", name, n, kal_code_name(code), f->err.message);
        int64_t after = rows(f);
        if (after != before + (code == KAL_OK ? adds : 0))
            fail_msg("%s, fault %d: %s, but %d rows became %d", name, n, kal_code_name(code),
                     (int)before, (int)after);
        if (!fired) return;
    }
}

static kal_code reading(fixture *f, int unused) {
    (void)unused;
    return read_all(f);
}

static kal_code saving(fixture *f, int unused) {
    (void)unused;
    return save_context(f);
}

static kal_code deleting(fixture *f, int unused) {
    (void)unused;
    return delete_and_restore(f);
}

/* Stores the same vectors anew, and looks for what is near them. */
static kal_code near(fixture *f, int unused) {
    float values[] = {1, 2, 3, 4};
    kal_vector vector = {.message = 1, .model = T("m"), .values = values, .dimension = 4};
    kal_near query = {.model = T("m"), .values = values, .dimension = 4, .limit = 4};
    kal_hit hits[4];
    size_t count;
    (void)unused;
    kal_code code = kal_vector_set(f->store, &vector, &f->err);
    vector.message = 3;
    if (code == KAL_OK) code = kal_vector_set(f->store, &vector, &f->err);
    if (code == KAL_OK) code = kal_vector_find(f->store, &query, hits, &count, &f->err);
    if (code == KAL_OK) assert_int_equal(count, 2);
    return code;
}

static kal_code recalling(fixture *f, int unused) {
    int64_t also[] = {1, 3};
    kal_request request = {
        .session = T("s"), .budget = 1000, .query = T("level three apple"), .similar = 0.8};
    kal_query query = {.text = request.query, .limit = 2, .similar = 0.8, .also = also, .also_count = 2};
    kal_context *context = NULL;
    kal_hit hits[4];
    size_t count;
    (void)unused;
    kal_code code = kal_context_build(f->store, &request, &context, &f->err);
    kal_context_close(context);
    if (code == KAL_OK) code = kal_recall_find(f->store, &query, hits, &count, &f->err);
    return code;
}

static void sweep_all(fixture *f) {
    static const int adds[WRITES] = {1, 1, 1, 1, 1, 0};
    for (int which = 0; which < WRITES; which++)
        sweep(f, "write", NULL, which, adds[which]);
    sweep(f, "save", saving, -1, 0);
    sweep(f, "delete", deleting, -1, 0);
    sweep(f, "read", reading, -1, 0);
    sweep(f, "near", near, -1, 0);
    sweep(f, "recall", recalling, -1, 0);
}

static void assert_index_is_exact(fixture *f) {
    kal_session nothing = {.id = T("s")};
    ok(kal_session_set(f->store, &nothing, &f->err));
    assert_int_equal(integer(f, "SELECT count(*) FROM kalito_tombstones"), 0);
    assert_int_equal(integer(f, "SELECT count(*) FROM messages WHERE id NOT IN"
                                " (SELECT id FROM kalito_messages_fts_docsize)"),
                     0);
    assert_int_equal(integer(f, "SELECT (SELECT count(*) FROM messages)"
                                " - (SELECT count(*) FROM kalito_messages_fts_docsize)"),
                     0);
    assert_int_equal(integer(f,
                             "SELECT (SELECT count(*) FROM semantic_pins) + (SELECT count(*) FROM"
                             " conversation_summaries) - (SELECT count(*) FROM kalito_notes)"),
                     0);
    assert_int_equal(
        integer(f, "SELECT (SELECT count(*) FROM kalito_messages_fts WHERE text MATCH '三楼')"
                   " - (SELECT count(*) FROM messages WHERE instr(text, '三楼'))"),
        0);
}

/* ---- the tests */

static void every_failing_allocation_is_reported_and_changes_nothing(void **state) {
    fixture *f = *state;
    set_up_rows(f);
    memory_faults = true;
    sweep_all(f);
    memory_faults = false;
    assert_index_is_exact(f);
}

static void opening_survives_every_failing_allocation(void **state) {
    fixture *f = *state;
    memory_faults = true;
    /* A new file is made each time; every third fault is enough, the others are like their neighbours. */
    for (int n = 1;; n += n < 100 ? 1 : 3) {
        kal_store *store = NULL;
        kal_options options = options_of(f);
        countdown = n;
        fired = false;
        kal_code code = kal_store_open(":memory:", &options, &store, &f->err);
        countdown = 0;
        assert_true(code == KAL_OK || code == KAL_NOMEM);
        assert_true((code == KAL_OK) == (store != NULL));
        if (!fired) assert_int_equal(code, KAL_OK);
        kal_store_close(store);
        if (!fired) break;
    }
    memory_faults = false;
}

static void a_full_or_failing_disk_is_reported_and_changes_nothing(void **state) {
    static const int faults[] = {SQLITE_FULL, SQLITE_IOERR_WRITE, SQLITE_IOERR_FSYNC};
    fixture *f = *state;
    for (int i = 0; i < 3; i++) {
        char name[32];
        snprintf(name, sizeof name, "/%d.db", i);
        snprintf(f->path, sizeof f->path, "%s%s", f->dir, name);
        reopen(f);
        if (f->other) sqlite3_close(f->other);
        f->other = NULL;
        set_up_rows(f);
        fault = faults[i];
        sweep_all(f);
        assert_index_is_exact(f);
        reopen(f);
        assert_true(rows(f) > 0);
    }
}

static void the_word_for_a_full_disk_is_full(void **state) {
    fixture *f = *state;
    set_up_rows(f);
    fault = SQLITE_FULL;
    countdown = 1;
    kal_message row = {.session = T("s"), .role = T("user"), .text = T("x")};
    fails(KAL_FULL, kal_message_add(f->store, &row, &f->err));
    says("the disk is full");
    fault = SQLITE_IOERR_WRITE;
    countdown = 1;
    fails(KAL_IO, kal_message_add(f->store, &row, &f->err));
    countdown = 0;
}

static void a_migration_on_a_failing_disk_leaves_the_file_usable(void **state) {
    fixture *f = *state;
    fault = SQLITE_FULL;
    for (int n = 1;; n++) {
        snprintf(f->path, sizeof f->path, "%s/%d.db", f->dir, n);
        kal_options options = options_of(f);
        kal_store_close(f->store);
        countdown = n;
        fired = false;
        kal_code code = kal_store_open(f->path, &options, &f->store, &f->err);
        countdown = 0;
        assert_true(code == KAL_OK || code == KAL_FULL || code == KAL_IO);
        reopen(f);
        add_session(f, "s");
        add_message(f, "s", "x");
        if (!fired) break;
    }
}

int main(void) {
    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &memory);
    sqlite3_mem_methods failing = memory;
    failing.xMalloc = sqlite_malloc;
    failing.xRealloc = sqlite_realloc;
    sqlite3_config(SQLITE_CONFIG_MALLOC, &failing);
    real_disk = sqlite3_vfs_find(NULL);
    disk = *real_disk;
    disk.zName = "failing";
    disk.szOsFile = sizeof(disk_file);
    disk.xOpen = disk_open;
    sqlite3_vfs_register(&disk, 1);
    const struct CMUnitTest tests[] = {
        ON_FILE(every_failing_allocation_is_reported_and_changes_nothing),
        ON_FOLDER(opening_survives_every_failing_allocation),
        ON_FOLDER(a_full_or_failing_disk_is_reported_and_changes_nothing),
        ON_FILE(the_word_for_a_full_disk_is_full),
        ON_FOLDER(a_migration_on_a_failing_disk_leaves_the_file_usable),
    };
    return cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}
