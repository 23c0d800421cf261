/*
** sqlite.c: the seam to SQLite: one connection with its prepared statements. No other file of the
** core includes sqlite3.h, so that a second engine is a second file.
*/
#include "internal.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define SLOTS 256 /* power of two, more than twice the statements of the core */

struct kali_stmt {
    sqlite3_stmt *handle;
    const char *sql; /* the constant it was prepared from: its identity */
    kali_db *db;
    unsigned char place[KALI_PARAMS + 1]; /* SQLite's number of parameter $k, 0 when absent */
};

struct kali_db {
    sqlite3 *handle;
    volatile sig_atomic_t interrupted; /* since the last failure */
    int busy_ms, patience;             /* how long others are waited for, in ms: usually, and now */
    int64_t waits_since;               /* ms */
    bool gave_up;                      /* waiting, because of an interrupt */
    int log_pages;                     /* of the log when readers were last waited for */
    kali_stmt slots[SLOTS];
};

static kal_code code_of(int rc) {
    switch (rc & 0xFF) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE: return KAL_OK;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return KAL_BUSY;
    case SQLITE_READONLY:
    case SQLITE_PERM: return KAL_READONLY;
    case SQLITE_FULL: return KAL_FULL;
    case SQLITE_AUTH:
    case SQLITE_CORRUPT: return KAL_CORRUPT;
    case SQLITE_NOTADB: return KAL_NOT_KALITO;
    case SQLITE_NOMEM: return KAL_NOMEM;
    case SQLITE_INTERRUPT: return KAL_INTERRUPTED;
    case SQLITE_CONSTRAINT: return KAL_EXISTS;
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
    case SQLITE_TOOBIG: return KAL_MISUSE;
    default: return KAL_IO;
    }
}

static const char *advice(kal_code code) {
    switch (code) {
    case KAL_BUSY: return "the database is in use by another process: ";
    case KAL_FULL: return "the disk is full: ";
    case KAL_READONLY: return "the file or its folder cannot be written: ";
    case KAL_CORRUPT: return "the database is damaged, see kalito check: ";
    default: return "";
    }
}

/* What cannot be read or written is told with its name; unless it is in memory. */
static const char *culprit(kali_db *db, kal_code code) {
    const char *name = db->handle && (code == KAL_CORRUPT || code == KAL_IO)
                           ? sqlite3_db_filename(db->handle, "main")
                           : NULL;
    return name ? name : "";
}

/* What the connection does not know of, such as the end of a copy, is told by its number. */
static const char *reason(sqlite3 *handle, int rc) {
    return sqlite3_errcode(handle) == SQLITE_OK ? sqlite3_errstr(rc) : sqlite3_errmsg(handle);
}

static kal_code fail(kali_db *db, int rc, kal_err *err) {
    kal_code code = code_of(rc);
    if (code == KAL_OK) code = KAL_IO;
    /* A virtual table that was interrupted while it was opened says no more than that it failed. */
    if ((rc & 0xFF) == SQLITE_ERROR && db->interrupted) code = KAL_INTERRUPTED;
    if (code == KAL_BUSY && db->gave_up) code = KAL_INTERRUPTED;
    db->interrupted = 0;
    db->gave_up = false;
    if ((rc & 0xFF) == SQLITE_AUTH)
        return kali_fail(err, code, "a trigger or view in the file may never end: it is not run");
    const char *file = culprit(db, code);
    return kali_fail(err, code, "%s%s%s%s", file, *file ? ": " : "", advice(code),
                     code == KAL_INTERRUPTED ? "interrupted"
                     : db->handle            ? reason(db->handle, rc)
                                             : "out of memory");
}

/* Settings that hold for every connection; with what configure() sets, the one place where they stand. EXTRA is FULL, and with a rollback
** journal also syncs its folder at the commit: else a power cut could bring the journal back, and with it the
** file as it was before. */
static const char SETTINGS[] = "PRAGMA synchronous = EXTRA;"
                               "PRAGMA cache_size = -4000;"
                               "PRAGMA secure_delete = FAST;"
                               "PRAGMA temp_store = MEMORY;"
                               "PRAGMA cell_size_check = ON;"
                               "PRAGMA journal_size_limit = 16777216;";

/* A log left behind by a crash: closing the last connection would write it into the database. */
static bool has_log(sqlite3 *handle) {
    struct stat st;
    const char *path = sqlite3_db_filename(handle, "main");
    return path && *path && stat(sqlite3_filename_wal(path), &st) == 0 && st.st_size > 0;
}

/* Asks for a lock again and again, in short and even steps: SQLite's own handler waits 100 ms in the end, and whoever
** has just come and asks every millisecond overtakes it for ever. */
static int wait_for_others(void *context, int times) {
    kali_db *db = context;
    int64_t now = kali_clock_ms();
    if (times == 0) {
        db->waits_since = now;
        db->interrupted = 0; /* one that came while nothing ran is none of this call */
    }
    db->gave_up = db->interrupted;
    if (db->gave_up || now - db->waits_since >= db->patience) return 0;
    nanosleep(&(struct timespec){.tv_nsec = 1000000L * (times < 4 ? times + 1 : 5)}, NULL);
    return 1;
}

/* After a commit of the log: pages are written back into the file as far as nobody still reads them in the log. The
** log begins anew only in a moment without readers, and with many of them there is none: when it has grown
** long, new ones are held off until the present ones have finished. One that reads for longer than LOG_WAIT is
** waited for again when the log has grown as much once more. */
#define LOG_PAGES 1000
#define LOG_LONG 4096
#define LOG_WAIT 200 /* ms */

static int write_back(void *context, sqlite3 *handle, const char *name, int pages) {
    kali_db *db = context;
    if (pages < db->log_pages) db->log_pages = 0; /* begun anew */
    if (pages < LOG_PAGES) return SQLITE_OK;
    int how = SQLITE_CHECKPOINT_PASSIVE;
    if (pages - db->log_pages >= LOG_LONG) {
        how = SQLITE_CHECKPOINT_RESTART;
        db->log_pages = pages;
        db->patience = db->busy_ms < LOG_WAIT ? db->busy_ms : LOG_WAIT;
    }
    sqlite3_wal_checkpoint_v2(handle, name, how, NULL, NULL);
    db->patience = db->busy_ms;
    return SQLITE_OK; /* what was committed stays, whatever came of this */
}

/* A trigger or view of a file from a stranger may be made so that it never ends. */
static int authorize(void *context, int action, const char *a, const char *b, const char *schema,
                     const char *inside) {
    (void)context, (void)a, (void)b, (void)schema;
    return action == SQLITE_RECURSIVE && inside ? SQLITE_DENY : SQLITE_OK;
}

static kal_code configure(kali_db *db, const kal_options *options, kal_err *err) {
    sqlite3 *h = db->handle;
    sqlite3_extended_result_codes(h, 1);
    db->busy_ms = options->busy_ms > 0 ? options->busy_ms : 5000;
    db->patience = db->busy_ms;
    sqlite3_busy_handler(h, wait_for_others, db);
    sqlite3_wal_hook(h, write_back, db);
    sqlite3_set_authorizer(h, authorize, NULL);
    sqlite3_db_config(h, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)0);
    sqlite3_db_config(h, SQLITE_DBCONFIG_ENABLE_FKEY, 1, (int *)0);
    sqlite3_db_config(h, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)0);
    sqlite3_db_config(h, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, has_log(h), (int *)0);
    sqlite3_db_config(h, SQLITE_DBCONFIG_DQS_DML, 0, (int *)0);
    sqlite3_db_config(h, SQLITE_DBCONFIG_DQS_DDL, 0, (int *)0);
    sqlite3_limit(h, SQLITE_LIMIT_LENGTH, 64 * 1024 * 1024);
    sqlite3_limit(h, SQLITE_LIMIT_ATTACHED, 0);
    return kali_db_script(db, SETTINGS, err);
}

kal_code kali_db_open(const char *path, const kal_options *options, kali_db **out, kal_err *err) {
    *out = NULL;
    kali_db *db = calloc(1, sizeof *db);
    if (!db) return kali_no_memory(err);
    int flags = options->read_only ? SQLITE_OPEN_READONLY
                : options->create  ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                                   : SQLITE_OPEN_READWRITE;
    int rc = sqlite3_open_v2(path, &db->handle, flags | SQLITE_OPEN_NOMUTEX, NULL);
    kal_code code = rc == SQLITE_OK ? configure(db, options, err) : fail(db, rc, err);
    if (code != KAL_OK) {
        kali_db_close(db);
        return code;
    }
    *out = db;
    return KAL_OK;
}

void kali_db_close(kali_db *db) {
    if (!db) return;
    for (size_t i = 0; i < SLOTS; i++)
        sqlite3_finalize(db->slots[i].handle);
    sqlite3_close_v2(db->handle);
    free(db);
}

void kali_db_accept(kali_db *db) {
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, (int *)0);
}

kal_code kali_db_script(kali_db *db, const char *sql, kal_err *err) {
    int rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? KAL_OK : fail(db, rc, err);
}

static kal_code prepare(kali_db *db, const char *sql, kali_stmt *q, kal_err *err) {
    int rc = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &q->handle, NULL);
    if (rc != SQLITE_OK) return fail(db, rc, err);
    q->sql = sql;
    q->db = db;
    for (int i = sqlite3_bind_parameter_count(q->handle); i > 0; i--) {
        int k = atoi(sqlite3_bind_parameter_name(q->handle, i) + 1);
        if (k <= KALI_PARAMS) q->place[k] = (unsigned char)i;
    }
    return KAL_OK;
}

kal_code kali_db_use(kali_db *db, const char *sql, kali_stmt **out, kal_err *err) {
    size_t i = ((uintptr_t)sql * 0x9E3779B97F4A7C15ull) >> 56;
    for (size_t tried = 0; tried < SLOTS; tried++, i = (i + 1) % SLOTS) {
        kali_stmt *q = &db->slots[i];
        if (q->sql && q->sql != sql) continue;
        kal_code code = q->sql ? KAL_OK : prepare(db, sql, q, err);
        *out = code == KAL_OK ? q : NULL;
        return code;
    }
    return kali_fail(err, KAL_MISUSE, "more statements than the store has room for");
}

kal_code kali_db_integer(kali_db *db, const char *sql, int64_t *out, kal_err *err) {
    sqlite3_stmt *q = NULL;
    *out = 0;
    int rc = sqlite3_prepare_v2(db->handle, sql, -1, &q, NULL);
    if (rc == SQLITE_OK) rc = sqlite3_step(q);
    if (rc == SQLITE_ROW) *out = sqlite3_column_int64(q, 0);
    kal_code code = rc == SQLITE_ROW || rc == SQLITE_DONE ? KAL_OK : fail(db, rc, err);
    sqlite3_finalize(q);
    return code;
}

kal_code kali_db_value(kali_db *db, const char *sql, int64_t *out, kal_err *err) {
    kali_stmt *q;
    bool row = false;
    *out = 0;
    kal_code code = kali_db_use(db, sql, &q, err);
    if (code == KAL_OK) code = kali_step(q, &row, err);
    if (code != KAL_OK || !row) return code;
    *out = sqlite3_column_int64(q->handle, 0);
    sqlite3_reset(q->handle);
    return KAL_OK;
}

int64_t kali_db_changes(kali_db *db) {
    return sqlite3_changes64(db->handle);
}

int64_t kali_db_last_id(kali_db *db) {
    return sqlite3_last_insert_rowid(db->handle);
}

bool kali_db_read_only(kali_db *db) {
    return sqlite3_db_readonly(db->handle, "main") == 1;
}

bool kali_db_is_idle(kali_db *db) {
    return sqlite3_get_autocommit(db->handle) != 0;
}

uint32_t kali_db_version(kali_db *db) {
    unsigned version = 0;
    sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_DATA_VERSION, &version);
    return version;
}

void kali_db_interrupt(kali_db *db) {
    db->interrupted = 1;
    sqlite3_interrupt(db->handle);
}

void *kali_db_handle(kali_db *db) {
    return db->handle;
}

kal_code kali_db_fail(kali_db *db, int status, kal_err *err) {
    return fail(db, status, err);
}

void kali_db_statements(kali_db *db, void (*each)(void *context, const char *sql), void *context) {
    for (size_t i = 0; i < SLOTS; i++)
        if (db->slots[i].sql) each(context, db->slots[i].sql);
}

/* ---- parameters ---- */

void kali_bind_text(kali_stmt *q, int k, kal_str value) {
    if (!q->place[k]) return;
    if (value.data)
        sqlite3_bind_text64(q->handle, q->place[k], value.data, value.len, SQLITE_STATIC,
                            SQLITE_UTF8);
    else
        sqlite3_bind_null(q->handle, q->place[k]);
}

void kali_bind_integer(kali_stmt *q, int k, int64_t value) {
    if (q->place[k]) sqlite3_bind_int64(q->handle, q->place[k], value);
}

void kali_bind_real(kali_stmt *q, int k, double value) {
    if (q->place[k]) sqlite3_bind_double(q->handle, q->place[k], value);
}

void kali_bind_blob(kali_stmt *q, int k, const void *data, size_t len) {
    if (q->place[k])
        sqlite3_bind_blob64(q->handle, q->place[k], data ? data : "", len, SQLITE_STATIC);
}

void kali_bind_null(kali_stmt *q, int k) {
    if (q->place[k]) sqlite3_bind_null(q->handle, q->place[k]);
}

/* ---- rows ---- */

kal_code kali_step(kali_stmt *q, bool *row, kal_err *err) {
    int rc = sqlite3_step(q->handle);
    *row = rc == SQLITE_ROW;
    if (*row) return KAL_OK;
    kal_code code = rc == SQLITE_DONE ? KAL_OK : fail(q->db, rc, err);
    sqlite3_reset(q->handle);
    return code;
}

kal_code kali_run(kali_stmt *q, kal_err *err) {
    bool row;
    kal_code code = kali_step(q, &row, err);
    if (row) sqlite3_reset(q->handle);
    return code;
}

void kali_reset(kali_stmt *q) {
    sqlite3_reset(q->handle);
}

bool kali_is_null(kali_stmt *q, int column) {
    return sqlite3_column_type(q->handle, column) == SQLITE_NULL;
}

kal_str kali_text(kali_stmt *q, int column) {
    const char *data = (const char *)sqlite3_column_text(q->handle, column);
    return (kal_str){data, data ? (size_t)sqlite3_column_bytes(q->handle, column) : 0};
}

kal_str kali_blob(kali_stmt *q, int column) {
    const char *data = sqlite3_column_blob(q->handle, column);
    return (kal_str){data, data ? (size_t)sqlite3_column_bytes(q->handle, column) : 0};
}

int64_t kali_integer(kali_stmt *q, int column) {
    return sqlite3_column_int64(q->handle, column);
}

double kali_real(kali_stmt *q, int column) {
    return sqlite3_column_double(q->handle, column);
}
